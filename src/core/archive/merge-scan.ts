import { BatchCursor } from './batch-cursor.js';
import type { Entry } from '../entries/entry.js';
import { comparePaths } from '../entries/entry.js';
import type { FileTest } from '../filters/entry-filters.js';
import type { LivingEntry } from './merge-index.js';

/** One path, as the scan found it and as the chain knows it; at least one of the two is there, or was left out. */
export interface ScanPair {
  readonly entry: Entry | undefined;
  readonly known: LivingEntry | undefined;
  /** It is on the host, but not in the backup, for its size or age. */
  readonly leftOut?: true;
}

/** Takes out what is left out: the chain may know it from when it was not. */
export const leaveOut = (pairs: readonly ScanPair[], isLeftOut: FileTest): readonly ScanPair[] =>
  pairs.map((pair) =>
    pair.entry !== undefined && isLeftOut(pair.entry) ? { entry: undefined, known: pair.known, leftOut: true } : pair,
  );

const BATCH = 512;

/** Merge-joins a scan with what lives in the chain, both in index order, into batches of pairs in that order. */
export async function* pairScan(
  scan: AsyncIterable<readonly Entry[]>,
  living: AsyncIterable<readonly LivingEntry[]>,
): AsyncGenerator<readonly ScanPair[]> {
  const found = await BatchCursor.open(scan);
  const known = await BatchCursor.open(living);
  try {
    let batch: ScanPair[] = [];
    while (found.head !== undefined || known.head !== undefined) {
      const entry = found.head;
      const old = known.head;
      const order = orderOf(entry, old);
      batch.push({ entry: order <= 0 ? entry : undefined, known: order >= 0 ? old : undefined });
      if (order <= 0 && !found.next()) await found.refill();
      if (order >= 0 && !known.next()) await known.refill();
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await found.close();
    await known.close();
  }
}

function orderOf(entry: Entry | undefined, known: LivingEntry | undefined): number {
  if (entry === undefined) return 1;
  if (known === undefined) return -1;
  return comparePaths(entry.path, known.entry.path);
}
