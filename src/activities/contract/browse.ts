/**
 * Activities that read what backups hold: types only. Paths are byte strings (see core/entries/entry.ts). Results come in pages, since a source may
 * have millions of entries: `next`, given back as the input's `after`, brings the page that follows; without it there is none.
 */
import type { EntryType, Flaw } from '../../core/entries/entry.js';
import type { Difference } from '../../core/entries/differences.js';
import type { Failure } from '../../core/failures.js';
import type { Engine, SecretRef, Selection } from '../../core/plan.js';
import type { RestorePoint } from '../contract.js';

/** What a request to read backups may bring: see `RepositoryAccess`. */
export interface ReadAccess {
  /** The private key of an encrypted destination, where the worker has no index key. */
  readonly identity?: SecretRef;
  readonly acceptUntrusted?: boolean;
}

export interface BrowsedSource extends ReadAccess {
  readonly configPath: string;
  readonly host: string;
  /** Undefined: the only source that the host has. */
  readonly source?: string;
}

/** Attributes of an entry that people ask for. */
export interface FileAttributes {
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** `seconds.nanoseconds`. */
  readonly mtime: string;
  /** Octal. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

export interface ListFilesInput extends BrowsedSource {
  readonly point: RestorePoint;
  /** Relative to the source; '' is the source's own directory. A byte string. */
  readonly path: string;
  /** All that lies below, not only the first level. */
  readonly recursive: boolean;
  readonly after?: string;
}
export interface ListedFile extends FileAttributes {
  /** Relative to the source. A byte string. */
  readonly path: string;
  /** Symbolic link's target, a byte string. */
  readonly target?: string;
  readonly flaw?: Flaw;
  /** A restore gives an older version: this backup could not read it. */
  readonly older?: boolean;
}
export interface ListFilesResult {
  readonly source: string;
  readonly engine: Engine;
  readonly backupId: string;
  readonly files: readonly ListedFile[];
  readonly notes: readonly string[];
  readonly next?: string;
}

export interface FindFilesInput extends ReadAccess {
  readonly configPath: string;
  readonly selection: Selection;
  /** An rsync pattern, as in `--include` of a restore. */
  readonly pattern: string;
  readonly after?: FindPosition;
}
export interface FindPosition {
  /** Number of the source in the selection. */
  readonly source: number;
  /** The last path of it that was told; '' for none. */
  readonly path: string;
}
/** A file as one backup has it, where that differs from the backup before. */
export interface FileVersion {
  readonly host: string;
  readonly source: string;
  /** A byte string. */
  readonly path: string;
  readonly backupId: string;
  /** `present`: in the oldest state that is known of a mirror. */
  readonly change: 'new' | 'changed' | 'deleted' | 'present';
  /** Undefined for a deletion. */
  readonly attributes?: FileAttributes;
  readonly flaw?: Flaw;
}
export interface FindFilesResult {
  /** By source, then path, oldest backup first. */
  readonly versions: readonly FileVersion[];
  /** What could not be searched. */
  readonly failures: readonly Failure[];
  readonly next?: FindPosition;
}

export interface DiffBackupsInput extends BrowsedSource {
  readonly before: RestorePoint;
  readonly now: RestorePoint;
  readonly after?: string;
}
export interface DifferingFile {
  /** A byte string. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What differs, of one that changed. */
  readonly differences: readonly Difference[];
  readonly before?: FileAttributes;
  readonly now?: FileAttributes;
}
export interface DiffTotals {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Sizes of all files at either point. */
  readonly bytesBefore: number;
  readonly bytesNow: number;
}
export interface DiffBackupsResult {
  readonly source: string;
  /** Ids of the backups, or names of the snapshots that were asked for. */
  readonly before: string;
  readonly now: string;
  /** What the comparison cannot see. */
  readonly notes?: readonly string[];
  readonly files: readonly DifferingFile[];
  /** With the first page. */
  readonly totals?: DiffTotals;
  readonly next?: string;
}

export interface BrowseActivities {
  listFiles(input: ListFilesInput): Promise<ListFilesResult>;
  findFiles(input: FindFilesInput): Promise<FindFilesResult>;
  diffBackups(input: DiffBackupsInput): Promise<DiffBackupsResult>;
}
