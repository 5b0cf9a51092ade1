import type { CopyIdentity } from '../../core/snapshots/identity.js';
import type { SnapshotMethod } from '../../core/snapshots/snapshots.js';

/** Makes, recognises and removes copies of mirrors on this machine. All paths are absolute. */
export interface SnapshotCopies {
  /** The best method for a mirror whose snapshots lie in `folder`, with a word on why it is no better one. Changes nothing that lasts. */
  fit(mirror: string, folder: string): Promise<FittingMethod>;
  /**
   * Makes a whole copy, attributes and all, at `target`, where nothing is yet. When it returns the copy is on the disk.
   *
   * @throws HoldfastError SnapshotFailed with what the program said, Cancelled, ToolMissing; something may be left at `target` then
   */
  make(job: CopyJob): Promise<MadeCopy>;
  /** Of each name in `folder` what it is; undefined: there is nothing of this name. */
  identify(
    folder: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (CopyIdentity | undefined)[]>;
  /**
   * Removes a copy, or what there is of one; well when there is nothing. Another file system or subvolume below it stays, and is a failure.
   *
   * @throws HoldfastError SnapshotFailed with what is missing for it
   */
  remove(path: string, signal: AbortSignal): Promise<void>;
  /** Makes `path` an empty subvolume where its parent lies on BTRFS; false: it does not, and nothing was made. */
  makeSubvolume(path: string, signal: AbortSignal): Promise<boolean>;
}

export interface FittingMethod {
  readonly method: SnapshotMethod;
  /** For people. */
  readonly note?: string;
}

export interface CopyJob {
  readonly method: SnapshotMethod;
  readonly mirror: string;
  readonly target: string;
  /** `hardlink`: the copy whose unchanged files are shared; absent: there is none yet, all is copied. */
  readonly linkTo?: LinkBase;
  readonly signal: AbortSignal;
}

export interface LinkBase {
  /** Its directory; it must be there. */
  readonly path: string;
  /** When it was begun, by this machine's clock: what has changed in the mirror since then is compared by content. */
  readonly begunAtMs: number;
}

export interface MadeCopy {
  readonly identity: CopyIdentity;
  /** Subvolumes below the mirror, which are empty directories in the copy; relative to it, as byte strings. */
  readonly leftOut: { readonly count: number; readonly first: readonly string[] };
}
