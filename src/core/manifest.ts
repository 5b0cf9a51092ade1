import type { Flaw } from './entry.js';

/** Format 1 of what lies in a destination; docs/format.md is its manual. */
export const FORMAT = 1;

/** `holdfast.json` at a destination's root. */
export interface RepositoryRecord {
  readonly kind: 'holdfast-repository';
  readonly format: typeof FORMAT;
  readonly createdAt: string;
  /** age recipients; empty until encryption is configured. */
  readonly recipients: readonly string[];
}

/** One stored object of a backup, by name relative to the backup's own prefix. */
export interface StoredObject {
  readonly name: string;
  /** Lower-case hex SHA-256 of the stored bytes. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ShardObject extends StoredObject {
  readonly number: number;
  /** `directories` holds directories' own attributes and is applied last. */
  readonly kind: 'content' | 'directories';
  /** Bytes of the tar before compression, its end marker and record padding included. */
  readonly rawBytes: number;
  readonly entries: number;
}

export interface EntryCounts {
  readonly entries: number;
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly others: number;
}

export interface FlawedEntry {
  /** For people (textOf). */
  readonly path: string;
  readonly flaw: Flaw | 'vanished';
  readonly message: string;
}

/** The commit record: a backup exists if and only if its manifest does. */
export interface Manifest {
  readonly kind: 'holdfast-backup';
  readonly format: typeof FORMAT;
  readonly id: string;
  readonly host: string;
  readonly source: string;
  readonly path: string;
  readonly level: number;
  readonly parent: string | null;
  /** Ids from the chain's level 0 to this backup, itself included. */
  readonly chain: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly scannedAt: string;
  readonly finishedAt: string;
  readonly status: 'ok' | 'warning';
  /** The whole tree at this point, not only what this backup stored. */
  readonly counts: EntryCounts;
  readonly changed: number;
  readonly deleted: number;
  /** `source`: sizes of the whole tree's files; `raw`, `stored`: this backup's shards before and after compression. */
  readonly bytes: { readonly source: number; readonly raw: number; readonly stored: number };
  readonly index: StoredObject & { readonly lines: number };
  readonly shards: readonly ShardObject[];
  /** `first`: at most 100; all of them stand in the index. */
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  readonly options: ArchiveOptions;
  readonly versions: { readonly holdfast: string; readonly tar: string; readonly compressor: string };
  readonly run: { readonly workflowId: string; readonly runId: string };
  /** Lower-case hex SHA-256 of the manifest's JSON without this field (see `manifestChecksum`). */
  readonly checksum: string;
}

/** What decides which entries a backup has; when it changes, a new chain starts. */
export interface ArchiveOptions {
  readonly path: string;
  readonly exclude: readonly string[];
}
