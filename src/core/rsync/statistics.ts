/** What `--stats` says, always in bytes. */
export interface RsyncStatistics {
  readonly filesTotal: number;
  readonly filesTransferred: number;
  readonly filesCreated: number;
  readonly filesDeleted: number;
  readonly totalSizeBytes: number;
  readonly literalBytes: number;
  readonly matchedBytes: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly speedup: number;
}

/** Digits, or groups of three with a separator; `1.2K` of --human-readable is no number here: it has lost the figure. */
const NUMBER = String.raw`(\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+|\d+)(?![\d.,]*[\dKMGTP])`;

const WORDINGS = {
  filesTotal: /^Number of files: #/,
  // Until 3.0: "Number of files transferred".
  filesTransferred: /^Number of (?:regular )?files transferred: #/,
  filesCreated: /^Number of created files: #/,
  filesDeleted: /^Number of deleted files: #/,
  totalSizeBytes: /^Total file size: # bytes/,
  literalBytes: /^Literal data: # bytes/,
  matchedBytes: /^Matched data: # bytes/,
  bytesSent: /^Total bytes sent: #/,
  bytesReceived: /^Total bytes received: #/,
} as const;

type Counter = keyof typeof WORDINGS;

const PATTERNS = Object.entries(WORDINGS).map(
  ([name, wording]) => [name as Counter, new RegExp(wording.source.replace('#', NUMBER))] as const,
);
const SPEEDUP = /^total size is \S+ {2}speedup is ([\d,.']+)/;

/** Not said when the rsync on the host speaks a protocol below 31 (before 3.1). */
const OPTIONAL: readonly Counter[] = ['filesCreated', 'filesDeleted'];

/** Reads statistics line by line. */
export class StatisticsReader {
  private readonly counts = new Map<Counter, number>();
  private speedup: number | undefined;

  /** True when the line belonged to the statistics. */
  add(line: string): boolean {
    const speedup = SPEEDUP.exec(line)?.[1];
    if (speedup !== undefined) {
      this.speedup = readDecimal(speedup);
      return true;
    }
    for (const [name, pattern] of PATTERNS) {
      const digits = pattern.exec(line)?.[1];
      if (digits === undefined) continue;
      this.counts.set(name, Number(digits.replace(/\D/g, '')));
      return true;
    }
    return false;
  }

  /** The statistics, or undefined when any figure is missing: then rsync did not end as it should have. */
  statistics(): RsyncStatistics | undefined {
    const missing = PATTERNS.some(([name]) => !this.counts.has(name) && !OPTIONAL.includes(name));
    if (missing || this.speedup === undefined) return undefined;
    const of = (name: Counter): number => this.counts.get(name) ?? 0;
    return {
      filesTotal: of('filesTotal'),
      filesTransferred: of('filesTransferred'),
      filesCreated: of('filesCreated'),
      filesDeleted: of('filesDeleted'),
      totalSizeBytes: of('totalSizeBytes'),
      literalBytes: of('literalBytes'),
      matchedBytes: of('matchedBytes'),
      bytesSent: of('bytesSent'),
      bytesReceived: of('bytesReceived'),
      speedup: this.speedup,
    };
  }
}

/** Of two copies one after the other, as if they were one. */
export function combinedStatistics(first: RsyncStatistics, second: RsyncStatistics): RsyncStatistics {
  const sum = (name: keyof RsyncStatistics): number => first[name] + second[name];
  const moved = sum('bytesSent') + sum('bytesReceived');
  return {
    ...second,
    filesTransferred: sum('filesTransferred'),
    filesCreated: sum('filesCreated'),
    filesDeleted: sum('filesDeleted'),
    literalBytes: sum('literalBytes'),
    matchedBytes: sum('matchedBytes'),
    bytesSent: sum('bytesSent'),
    bytesReceived: sum('bytesReceived'),
    speedup: moved === 0 ? 0 : Math.round((second.totalSizeBytes / moved) * 100) / 100,
  };
}

export const NO_STATISTICS: RsyncStatistics = {
  filesTotal: 0,
  filesTransferred: 0,
  filesCreated: 0,
  filesDeleted: 0,
  totalSizeBytes: 0,
  literalBytes: 0,
  matchedBytes: 0,
  bytesSent: 0,
  bytesReceived: 0,
  speedup: 0,
};

/** The last separator is the decimal one: `1,234.56`, `1.234,56`. */
function readDecimal(text: string): number | undefined {
  const [whole, fraction] = splitLast(text);
  const value = Number(`${whole.replace(/\D/g, '')}.${fraction}`);
  return Number.isFinite(value) ? value : undefined;
}

function splitLast(text: string): [string, string] {
  const at = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  return at < 0 ? [text, '0'] : [text.slice(0, at), text.slice(at + 1) || '0'];
}
