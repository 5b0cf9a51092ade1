/** Totals of `--info=progress2` so far. */
export interface RsyncProgress {
  readonly bytes: number;
  readonly percent: number;
  readonly filesTransferred?: number;
  /** Files of the list still to be looked at; the list may still grow. */
  readonly filesToCheck?: number;
  readonly filesListed?: number;
}

const LINE = /^\s*([\d,.']+)\s+(\d{1,3})%\s+\S+\/s\s+[\d:?]+(?:\s+\(xfr#(\d+),\s*(?:to|ir)-chk=(\d+)\/(\d+)\))?\s*$/;

/** Reads one update (they are separated by carriage returns); undefined for all other text. */
export function parseProgress(text: string): RsyncProgress | undefined {
  const match = LINE.exec(text);
  if (!match) return undefined;
  const [, bytes, percent, transferred, toCheck, listed] = match;
  return {
    bytes: Number((bytes as string).replace(/[,.']/g, '')),
    percent: Number(percent),
    ...(transferred === undefined
      ? {}
      : { filesTransferred: Number(transferred), filesToCheck: Number(toCheck), filesListed: Number(listed) }),
  };
}
