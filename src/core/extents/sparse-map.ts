/** A part of a sparse file that holds data. */
export interface DataRange {
  readonly offsetBytes: number;
  /** First byte behind it. */
  readonly endBytes: number;
}

const BLOCK = 512;

/**
 * Where a sparse file holds data, read from the beginning of a tar that GNU tar writes of it (`--format=posix --sparse`, format 1.0: the
 * member's data begin with a list of decimal numbers, how many parts there are, then offset and size of each). It is the one program on
 * every host that tells the holes of a file without reading them. Undefined when that is not what `head` holds, or holds not all of it.
 */
export function readSparseMap(head: Buffer): readonly DataRange[] | undefined {
  const extended = headerAt(head, 0);
  if (extended?.type !== 'x') return undefined;
  const records = head.toString('latin1', BLOCK, BLOCK + extended.sizeBytes);
  if (!records.includes('GNU.sparse.major=1\n') || !records.includes('GNU.sparse.minor=0\n')) return undefined;
  const memberAt = BLOCK + Math.ceil(extended.sizeBytes / BLOCK) * BLOCK;
  const member = headerAt(head, memberAt);
  if (member?.type !== '0') return undefined;
  return rangesIn(head.toString('latin1', memberAt + BLOCK));
}

function headerAt(head: Buffer, at: number): { readonly type: string; readonly sizeBytes: number } | undefined {
  if (head.length < at + BLOCK || head.toString('latin1', at + 257, at + 262) !== 'ustar') return undefined;
  const size = /^[0-7]{1,11}/.exec(head.toString('latin1', at + 124, at + 136));
  // A size of 8 GiB or more stands in base 256, which no header that matters here has: it is in the extended one then.
  return { type: head.toString('latin1', at + 156, at + 157), sizeBytes: size ? parseInt(size[0], 8) : 0 };
}

function rangesIn(text: string): DataRange[] | undefined {
  const numbers = function* (): Generator<number> {
    const pattern = /(\d+)\n/y;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) yield Number(match[1]);
  };
  const next = numbers();
  const count = next.next().value as number | undefined;
  if (count === undefined || !Number.isSafeInteger(count)) return undefined;
  const ranges: DataRange[] = [];
  for (let at = 0; at < count; at += 1) {
    const offsetBytes = next.next().value as number | undefined;
    const lengthBytes = next.next().value as number | undefined;
    if (offsetBytes === undefined || lengthBytes === undefined) return undefined;
    if (lengthBytes > 0) ranges.push({ offsetBytes, endBytes: offsetBytes + lengthBytes });
  }
  return ranges;
}
