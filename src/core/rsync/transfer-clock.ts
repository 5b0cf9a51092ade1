import type { RsyncProgress } from './progress.js';

/** Between one file's end and the next one's progress rsync may also be looking at files that did not change. */
const LONGEST_GAP_MS = 2_000;

/**
 * Adds up the time in which files' data was on its way, from rsync's progress: a tree of a million unchanged files takes long and moves nothing, and
 * is no slow transfer.
 */
export class TransferClock {
  private moving = 0;
  private last: { readonly atMs: number; readonly betweenFiles: boolean } | undefined;

  /** An update seen at a time, of any clock that never goes back. */
  add(progress: RsyncProgress, atMs: number): void {
    if (this.last !== undefined) {
      const passed = atMs - this.last.atMs;
      this.moving += this.last.betweenFiles ? Math.min(passed, LONGEST_GAP_MS) : passed;
    }
    // The count of files stands on the last update of each file.
    this.last = { atMs, betweenFiles: progress.filesTransferred !== undefined };
  }

  /** Milliseconds so far. */
  get movingMs(): number {
    return Math.round(this.moving);
  }
}
