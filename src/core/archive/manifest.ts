import type { Flaw } from '../entries/entry.js';
import type { EntryFilters } from '../filters/entry-filters.js';
import type { FileSystemIdentity } from '../scan/file-system-identity.js';
import type { FilterRule } from '../filters/rules.js';
import type { EncryptionRecord } from './recipients.js';

/** Format 1 of what lies in a destination; docs/format.md is its manual. */
export const FORMAT = 1;

/** `holdfast.json` at a destination's root. */
export interface RepositoryRecord {
  readonly kind: 'holdfast-repository';
  readonly format: typeof FORMAT;
  readonly createdAt: string;
  /** age recipients when the repository was made; each manifest names its own. */
  readonly recipients: readonly string[];
  /** Public keys (base64) of the worker that made the repository: a hint for workers that know none, never more than that. */
  readonly signingKeys?: readonly string[];
}

/** One stored object of a backup, by name relative to the backup's own prefix. */
export interface StoredObject {
  readonly name: string;
  /** Lower-case hex SHA-256 of the stored bytes. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type ShardKind = 'content' | 'skeletons' | 'directories';

export interface ShardObject extends StoredObject {
  readonly number: number;
  /**
   * `directories` holds directories' own attributes and is applied last. `skeletons` holds files that are stored as extents, with their attributes
   * and no content: whoever does not know of extents must refuse it.
   */
  readonly kind: ShardKind;
  /** Bytes of the tar before compression, its end marker and record padding included. */
  readonly rawBytes: number;
  readonly entries: number;
  /** Absent: zstd. */
  readonly compression?: 'none';
}

/** The map of a large file's extents; the index has the file's number as `large`. */
export interface ExtentMapObject extends StoredObject {
  readonly number: number;
  readonly extentSizeBytes: number;
}

/** What a backup has stored of its large files. Its maps may also name extents of older backups of the same chain. */
export interface ManifestExtents {
  readonly maps: readonly ExtentMapObject[];
  readonly stored: readonly StoredObject[];
  /** Bytes of the stored extents before compression. */
  readonly rawBytes: number;
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
  /** Where `path` lay. Absent: the host could not say, or an older version wrote this. */
  readonly fileSystem?: FileSystemIdentity;
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
  /** Absent when no large file has changed. */
  readonly extents?: ManifestExtents;
  /** `first`: at most 100; all of them stand in the index. */
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  readonly options: ArchiveOptions;
  readonly versions: { readonly holdfast: string; readonly tar: string; readonly compressor: string };
  readonly run: { readonly workflowId: string; readonly runId: string };
  /** Absent: nothing is encrypted. Then `flaws.first` is empty, since it would name files; the index has them all. */
  readonly encryption?: EncryptionRecord;
  /** The source's newest backup at the commit, of whatever chain; null when there was none. Absent in manifests of older versions. */
  readonly previous?: BackupLink | null;
  /** Of a level 0 that was made from older backups, not from the host: its shards may hold members that no line of its index names. */
  readonly consolidated?: ConsolidationRecord;
  /** Lower-case hex SHA-256 of the manifest's JSON without `checksum` and `signature` (see `manifestChecksum`). */
  readonly checksum: string;
  /** Over the same bytes. Absent when the worker had no key. */
  readonly signature?: ManifestSignature;
}

export interface ConsolidationRecord {
  /** The backup whose state it has, and that one's chain. */
  readonly from: string;
  readonly chain: readonly string[];
  /** Content of its shards, before compression, that no line of its index names. */
  readonly deadBytes: number;
}

/** A backup and exactly that one: its manifest's checksum stands for all that it says. */
export interface BackupLink {
  readonly id: string;
  readonly checksum: string;
}

export interface ManifestSignature {
  /** Base64 of the Ed25519 public key. */
  readonly key: string;
  /** Base64. */
  readonly value: string;
}

/** What is signed and summed. */
export type ManifestContent = Omit<Manifest, 'checksum' | 'signature'>;

/** What decides which entries a backup has; when it changes, a new chain starts. */
export interface ArchiveOptions {
  readonly path: string;
  /** rsync's include and exclude rules, in order. */
  readonly exclude: readonly FilterRule[];
  readonly filters?: EntryFilters;
}
