/**
 * The plan: the configuration after defaults and inheritance, as plain data that Workflows and Activities pass on.
 * It carries secrets by reference only.
 */

import type { DumpPlan } from './dump/dump.js';
import type { EntryFilters } from './filters/entry-filters.js';
import type { HookPlan } from './hooks/hooks.js';
import type { RetentionPolicy } from './retention/retention.js';
import type { SnapshotPlan } from './snapshots/snapshots.js';
import type { TransferExpectations } from './rsync/transfer-remarks.js';

/** Where the worker finds a secret. Payloads carry this, never the secret. */
export type SecretRef = { readonly env: string } | { readonly file: string } | { readonly command: readonly string[] };

export type Engine = 'mirror' | 'archive';

export interface SshSettings {
  /** Undefined: the host's name in the configuration, so that ~/.ssh/config may say what it means. */
  readonly hostname?: string;
  readonly user?: string;
  readonly port?: number;
  /** The private key's path on the worker. */
  readonly identityFile?: string;
  readonly proxyJump?: string;
  /** Further ssh_config(5) options; those that run programs or weaken host-key checks are refused by the configuration. */
  readonly options: Readonly<Record<string, string>>;
  readonly connectTimeoutSeconds: number;
  /** Sessions over one login; undefined: 8. */
  readonly maxSessions?: number;
  /** Logins at the same time; undefined: 4. */
  readonly maxLogins?: number;
}

/** A limit set on a running run: for this run it takes the place of those of its hosts and destinations. */
export interface RunLimit {
  /** `null`: no limit. */
  readonly bytesPerSecond: number | null;
  /** Workflow ID of the run that it was set on, whose hosts share it. */
  readonly sharedBy: string;
}

export interface HostPlan {
  readonly name: string;
  readonly ssh: SshSettings;
  readonly ignorePing: boolean;
  /** So long a host that does not answer is waited for; undefined: it is skipped at once. */
  readonly waitForHostMs?: number;
  /** The worker's key runs rsync there and nothing else: only mirrors, and none of the looks that are scripts. */
  readonly rsyncOnly?: boolean;
  /** For all that a worker moves from or to this host at the same time. */
  readonly bandwidthLimitBytesPerSecond?: number;
  /** What was said of a running run; set by the run, not by the configuration. */
  readonly runLimit?: RunLimit;
  readonly tags: readonly string[];
  /** Its own, from the outside in: those at the host itself, and for its failure; absent: none. */
  readonly hooks?: readonly HookPlan[];
  readonly sources: readonly SourcePlan[];
  /** Absent: the worker's own file. */
  readonly catalog?: CatalogPlan;
}

/** Where the catalog is kept, if not in a file of the worker's own. */
export interface CatalogPlan {
  readonly type: 'postgres';
  /** `postgres://USER:PASSWORD@HOST/DATABASE`, by reference. */
  readonly url: SecretRef;
}

export interface ScriptPlan {
  /** As the configuration names it. */
  readonly name: string;
  /** Directory on the worker where NAME or NAME.sh lies. */
  readonly scriptsDir: string;
  readonly runOn: 'host' | 'worker';
  readonly timeoutMs: number;
}

/** Which level the next archive has; the four words are Freezer's. */
export interface LevelPolicy {
  readonly noIncremental: boolean;
  /** Levels 0…maxLevel, then a new level 0. */
  readonly maxLevel: number;
  /** Levels 0…alwaysLevel, then always alwaysLevel (each on the last backup of the level below). */
  readonly alwaysLevel?: number;
  /** Only with alwaysLevel: a new level 0 after so many days. */
  readonly restartAlwaysLevelDays?: number;
}

/** How a source is frozen while it is read; see core/freeze/freeze.ts. */
export type FreezePlan =
  | { readonly kind: 'btrfs' }
  | { readonly kind: 'zfs' }
  /** Room for what changes on the volume while its snapshot lives; undefined: a tenth of it. Thin volumes need none. */
  | { readonly kind: 'lvm'; readonly sizeBytes?: number }
  /** The host thaws by itself after `maxMs`, whatever became of us. */
  | { readonly kind: 'fsfreeze'; readonly maxMs: number };

export interface SourcePlan {
  /** The source's name: its dest_subdir. Unique within its host; may hold `/`. */
  readonly name: string;
  /** Absolute directory on the host: what people see, and what is recorded. */
  readonly path: string;
  /** The source is no directory but what this program prints; `path` then only names it. */
  readonly dump?: DumpPlan;
  readonly freeze?: FreezePlan;
  /** While the source is frozen: where its files are read instead of at `path`. */
  readonly readPath?: string;
  /** While the source is frozen: the host's clock just before. What changed since is not seen, also what a scan would take for known. */
  readonly frozenAtMs?: number;
  readonly engine: Engine;
  readonly destination: DestinationPlan;
  /** rsync's include and exclude rules, in order (see core/filters/rules.ts); those of the exclude file follow. */
  readonly exclude: readonly string[];
  readonly filters?: EntryFilters;
  /** A file on the worker with rsync exclude patterns. */
  readonly excludeFile?: string;
  /** rsync's options of the configuration: global, host, path, in this order; one word each. */
  readonly rsyncOptions: readonly string[];
  /** How rsync is called on the host (`sudo rsync`); undefined: `rsync`, or what rsyncOptions say. */
  readonly rsyncPath?: string;
  /** Which transfers are remarked on; undefined: `DEFAULT_EXPECTATIONS`. */
  readonly transferExpectations?: TransferExpectations;
  readonly preserveOwnership: boolean;
  readonly preScript?: ScriptPlan;
  readonly postScript?: ScriptPlan;
  /** Those at the source, its snapshots and restores, and for its failure, from the outside in; absent: none. */
  readonly hooks?: readonly HookPlan[];
  /** Deletions above this share of the last backup's entries hold the source. 0…100. */
  readonly maxDeletePercent: number;
  /** Names in the source that must be there, else it is held; absent: none. */
  readonly markers?: readonly string[];
  /** So long the run waits for a person when the source is held; absent: it ends at once. */
  readonly holdForMs?: number;
  readonly levels: LevelPolicy;
  /** Undefined: nothing of it is ever pruned. */
  readonly retention?: RetentionPolicy;
  /** Of a mirror; undefined: none are made, and those that there are stay. */
  readonly snapshots?: SnapshotPlan;
  readonly archive: {
    readonly shardSizeBytes: number;
    /** Files from this size on are stored as extents; undefined: none is. */
    readonly largeFileSizeBytes?: number;
    /** Size of extents; undefined: `EXTENT_BYTES`. Tests make it small. */
    readonly extentSizeBytes?: number;
    readonly compressionLevel: number;
    /** log2 of the distance in bytes over which zstd looks for repetitions, 27…31; undefined: what the level has. */
    readonly compressionLongLog?: number;
    /** Undefined: `auto`, on the host when its zstd is fit for it, else on the worker. */
    readonly compress?: 'auto' | 'host' | 'worker' | 'off';
    /** Suffixes of files that are not worth compressing; undefined: `DEFAULT_STORE_TYPES`. */
    readonly storeTypes?: readonly string[];
    readonly parallelShards: number;
  };
  readonly tags: readonly string[];
  /** The whole source's time limit. */
  readonly timeoutMs: number;
}

/** The directory on the host to read a source from. */
export const readPathOf = ({ path, readPath }: Pick<SourcePlan, 'path' | 'readPath'>): string => readPath ?? path;

/** How the objects of a destination are kept from those who can read or write it. */
export interface DestinationProtection {
  /** Absent: objects are stored as they are. */
  readonly encryption?: {
    /** age recipients; those of `recipientsFile` come on top. */
    readonly recipients: readonly string[];
    /** A file on the worker with one recipient a line. */
    readonly recipientsFile?: string;
  };
  /** Whose manifests are believed: base64 Ed25519 public keys, or absolute paths of PEM files on the worker. */
  readonly verifyKeys?: readonly string[];
  /** Directory of the worker's own keys; absent: the worker's default. */
  readonly keysDir?: string;
  /** The private key for restores, where the request names none. */
  readonly restoreIdentity?: SecretRef;
}

export interface DestinationLimits {
  /** For all that a worker moves to or from this destination at the same time. */
  readonly bandwidthLimitBytesPerSecond?: number;
}

export interface LocalDestination extends DestinationProtection, DestinationLimits {
  readonly name: string;
  readonly type: 'local';
  readonly path: string;
}

export interface S3Destination extends DestinationProtection, DestinationLimits {
  readonly name: string;
  readonly type: 's3';
  readonly bucket: string;
  /** Without leading or trailing `/`; '' for the bucket's root. */
  readonly prefix: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle: boolean;
  readonly storageClass?: string;
  readonly sse?: 'AES256' | 'aws:kms';
  readonly sseKmsKeyId?: string;
  readonly accessKeyId?: SecretRef;
  readonly secretAccessKey?: SecretRef;
  readonly sessionToken?: SecretRef;
}

export type DestinationPlan = LocalDestination | S3Destination;

/** Which hosts and sources a run takes; empty lists mean all. */
export interface Selection {
  readonly hosts: readonly string[];
  readonly sources: readonly string[];
  readonly tags: readonly string[];
}

/** What a person may ask of one backup run. */
export interface BackupOptions {
  readonly dryRun: boolean;
  /** Start a new chain whatever the policy says. */
  readonly full: boolean;
  /** Go on where the guard would hold the source. */
  readonly approve: boolean;
}
