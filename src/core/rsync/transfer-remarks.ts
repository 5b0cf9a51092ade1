import type { RsyncStatistics } from './statistics.js';

/** What counts as a transfer that somebody should look at. */
export interface TransferExpectations {
  /** Bytes a second; slower ones are remarked on. Undefined: none is. */
  readonly minRateBytesPerSecond?: number;
  /** rsync's speedup: size of all files over bytes moved. Undefined: none is too low. */
  readonly minSpeedup?: number;
  /** What becomes of a good source that has a remark. */
  readonly status: 'note' | 'warning';
}

export const DEFAULT_EXPECTATIONS: TransferExpectations = {
  minRateBytesPerSecond: 1_000_000,
  minSpeedup: 1.5,
  status: 'note',
};

export interface Transfer {
  readonly statistics: RsyncStatistics;
  /** How long files' data was on its way. */
  readonly movingMs: number;
  /** Entries that the mirror had before; 0 for a first copy, which has to send all. */
  readonly previousEntries: number;
  /** A limit that was asked for: what keeps to it is not slow. */
  readonly limitBytesPerSecond?: number;
}

/** Shorter ones say nothing about a network. */
const LONG_MS = 60_000;
/** Below this it does not matter how often it is sent. */
const MUCH_BYTES = 64 * 2 ** 20;
/** With more new files than this share it is no wonder that much was sent. */
const FEW_NEW = 0.1;

/** Sentences on a transfer that was slow, or sent most of the data again although the mirror had it; none when all is as it should be. */
export function transferRemarks(transfer: Transfer, expected: TransferExpectations): string[] {
  return [...rateRemark(transfer, expected), ...speedupRemark(transfer, expected)];
}

function rateRemark(transfer: Transfer, { minRateBytesPerSecond }: TransferExpectations): string[] {
  const { statistics, movingMs, limitBytesPerSecond = Number.POSITIVE_INFINITY } = transfer;
  if (minRateBytesPerSecond === undefined || movingMs < LONG_MS) return [];
  // What matched was read at both ends meanwhile.
  const bytes = Math.max(
    statistics.bytesReceived + statistics.bytesSent,
    statistics.literalBytes + statistics.matchedBytes,
  );
  const rate = bytes / (movingMs / 1000);
  // A limit is kept to on average only.
  if (rate >= minRateBytesPerSecond || rate >= limitBytesPerSecond * 0.9) return [];
  return [
    `Slow transfer: ${rateText(rate)} over ${Math.round(movingMs / 1000)} s, less than the ${rateText(minRateBytesPerSecond)} of min_rate. Look at the network, and at the disks of both ends.`,
  ];
}

function speedupRemark({ statistics, previousEntries }: Transfer, { minSpeedup }: TransferExpectations): string[] {
  const { speedup, totalSizeBytes, literalBytes, filesCreated, filesTotal, filesTransferred } = statistics;
  const isFirst = previousEntries <= 1;
  if (minSpeedup === undefined || isFirst || totalSizeBytes < MUCH_BYTES || speedup >= minSpeedup) return [];
  if (filesCreated > filesTotal * FEW_NEW) return [];
  const share = Math.round((literalBytes / totalSizeBytes) * 100);
  return [
    `Low speedup: ${speedup.toFixed(2)}; ${share} % of the data was sent although only ${filesCreated} of ${filesTotal} entries are new (${filesTransferred} files were sent). Files that are rewritten as a whole look like this (dumps, compressed or encrypted files), changed times, and the options --whole-file, --ignore-times and --checksum.`,
  ];
}

/** Decimal units, as networks have them. */
function rateText(bytesPerSecond: number): string {
  const [unit, divisor] = bytesPerSecond >= 1e6 ? ['MB/s', 1e6] : ['kB/s', 1e3];
  return `${(bytesPerSecond / Number(divisor)).toFixed(1)} ${unit}`;
}
