import type { Entry } from '../entries/entry.js';
import type { StoredObject } from '../archive/manifest.js';

/** A large file is stored in pieces of this size, so that a crash sends one of them again and a change only what it touched. */
export const EXTENT_BYTES = 64 * 1024 * 1024;
/** Each extent is an object that the manifest names: with more of them it would near the 16 MiB that a manifest may have. */
export const MAX_EXTENTS = 32_768;
/** Extents of one Activity: 1 GiB, unless that made too many Activities for a Workflow's history. */
const BATCH_EXTENTS = 16;
const MAX_BATCHES = 400;

/** A file that is stored as extents, as the scan saw it. */
export interface ExtentFile {
  /** Within its backup, from 0. */
  readonly number: number;
  /** A byte string. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly mtime: string;
  readonly ctime: string;
  readonly inode: string;
  readonly extentSizeBytes: number;
  /** The version before, in the same chain: what has not changed since is not sent again. */
  readonly previous?: PreviousExtents;
}

export interface PreviousExtents {
  readonly backupId: string;
  /** That version's map of extents. */
  readonly map: StoredObject;
}

/** Extents `from` … `to - 1` of one file. */
export interface ExtentRun {
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Whether an entry is stored as extents. A file with several names is not: tar keeps the names together.
 *
 * @param largeFileSizeBytes undefined: no file is
 */
export const isLargeFile = (entry: Entry, largeFileSizeBytes: number | undefined): boolean =>
  largeFileSizeBytes !== undefined &&
  entry.type === 'f' &&
  entry.links === 1 &&
  entry.sizeBytes > 0 &&
  entry.sizeBytes >= largeFileSizeBytes;

export const extentCount = (sizeBytes: number, extentSizeBytes: number): number =>
  Math.ceil(sizeBytes / extentSizeBytes);

/** Where an extent lies in its file; the last one is shorter. */
export function extentRange(
  { sizeBytes, extentSizeBytes }: Pick<ExtentFile, 'sizeBytes' | 'extentSizeBytes'>,
  extent: number,
): { readonly offsetBytes: number; readonly lengthBytes: number } {
  const offsetBytes = extent * extentSizeBytes;
  return { offsetBytes, lengthBytes: Math.min(extentSizeBytes, sizeBytes - offsetBytes) };
}

/** The size of extents that keeps a backup of these files within `MAX_EXTENTS`: the smallest, doubled as often as it takes. */
export function extentSizeFor(sizesBytes: readonly number[], smallestBytes: number): number {
  let sizeBytes = smallestBytes;
  const tooMany = (): boolean =>
    sizesBytes.reduce((sum, size) => sum + extentCount(size, sizeBytes), 0) > MAX_EXTENTS + sizesBytes.length;
  while (tooMany()) sizeBytes *= 2;
  return sizeBytes;
}

/**
 * The size of a file's extents: that of its version before, if it has one, since others could not be compared with it; unless that is so small by now
 * that the manifest would not hold them.
 */
export const keptExtentSize = (previousBytes: number | undefined, chosenBytes: number): number | undefined =>
  previousBytes !== undefined && previousBytes * 2 >= chosenBytes ? previousBytes : undefined;

/** Cuts the extents of all files into batches, in order; one batch is one Activity's work. */
export function cutBatches(files: readonly ExtentFile[]): ExtentRun[][] {
  const counts = files.map((file) => extentCount(file.sizeBytes, file.extentSizeBytes));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const size = Math.max(BATCH_EXTENTS, Math.ceil(total / MAX_BATCHES));
  const batches: ExtentRun[][] = [];
  let batch: ExtentRun[] = [];
  let room = size;
  for (const [at, { number: file }] of files.entries()) {
    const count = counts[at] as number;
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + room);
      batch.push({ file, from, to });
      room -= to - from;
      from = to;
      if (room > 0) continue;
      batches.push(batch);
      batch = [];
      room = size;
    }
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
