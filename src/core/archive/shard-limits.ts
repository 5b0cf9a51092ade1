import type { Entry } from '../entries/entry.js';
import { isLargeFile } from '../extents/layout.js';

export interface ShardLimits {
  /** A shard is closed when its tar would reach so many bytes; a larger file has one of its own. */
  readonly rawBytes: number;
  readonly entries: number;
}

/** A backup has at most so many shards, the directories' included: they are activities and objects, each with its cost. */
export const MAX_SHARDS = 2_000;
const MAX_ENTRIES = 20_000;

/**
 * Limits that keep a backup within `MAX_SHARDS`. Full shards number at most total / limit of either kind; each file with a shard of
 * its own may close an unfilled one. So: 2 × 800 for bytes, 300 for entries, two rests (what is compressed and what is not), one for
 * skeletons, one for directories.
 */
export function shardLimits(totalRawBytes: number, totalEntries: number, targetBytes: number): ShardLimits {
  return {
    rawBytes: Math.max(targetBytes, Math.ceil(totalRawBytes / 800)),
    entries: Math.max(MAX_ENTRIES, Math.ceil(totalEntries / 300)),
  };
}

/**
 * Bytes that an entry takes in a tar of the posix format: header, extended header with the exact time, content without holes.
 *
 * @param largeFileSizeBytes files from this size on have their content elsewhere
 */
export function rawEstimate(entry: Entry, largeFileSizeBytes?: number): number {
  if (entry.type !== 'f' || isLargeFile(entry, largeFileSizeBytes)) return 1536;
  return 1536 + Math.ceil(Math.min(entry.sizeBytes, entry.blocks * 512) / 512) * 512;
}
