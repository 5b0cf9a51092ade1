/**
 * The Activities as Workflows see them: types only. One object in, one object out, both plain JSON and small (64 KB): lists of files,
 * indexes and logs stay in storage and are named by reference.
 */
import type { Failure } from '../core/failures.js';
import type { HookPlan } from '../core/hooks/hooks.js';
import type { BackupOptions, HostPlan, SecretRef, Selection, SourcePlan } from '../core/plan.js';
import type { FileSystemIdentity } from '../core/scan/file-system-identity.js';
import type { EntryCounts, FlawedEntry } from '../core/archive/manifest.js';
import type { LastProof } from '../core/verify/proof.js';
import type { ErrorCounts } from '../core/errors/error-types.js';
import type { RsyncStatistics } from '../core/rsync/statistics.js';
import type { BrowseActivities } from './contract/browse.js';
import type { CatalogActivities } from './contract/catalog.js';
import type { StdoutActivities } from './contract/stdout.js';
import type { ExtentActivities } from './contract/extents.js';
import type { HistoryActivities, MetricsActivities } from './contract/metrics.js';
import type { HookActivities, RestoreHooks } from './contract/hooks.js';
import type { FreezeActivities } from './contract/freeze.js';
import type { HostActivities } from './contract/hosts.js';
import type { ConsolidateActivities } from './contract/consolidate.js';
import type { DrillActivities } from './contract/drill.js';
import type { DumpActivities } from './contract/dump.js';
import type { PruneActivities } from './contract/prune.js';
import type { ReportActivities } from './contract/report.js';
import type { SizesActivities } from './contract/sizes.js';
import type { PinSnapshotsActivities } from './contract/snapshots-pin.js';
import type { SnapshotActivities } from './contract/snapshots.js';
import type { VerifyActivities } from './contract/verify.js';

export type * from './contract/browse.js';
export type * from './contract/catalog.js';
export type * from './contract/stdout.js';
export type * from './contract/extents.js';
export type * from './contract/hooks.js';
export type * from './contract/consolidate.js';
export type * from './contract/drill.js';
export type * from './contract/dump.js';
export type * from './contract/prune.js';
export type * from './contract/freeze.js';
export type * from './contract/hosts.js';
export type * from './contract/metrics.js';
export type * from './contract/report.js';
export type * from './contract/sizes.js';
export type * from './contract/snapshots.js';
export type * from './contract/snapshots-pin.js';
export type * from './contract/verify.js';

export interface RunIdentity {
  readonly workflowId: string;
  readonly runId: string;
}

// ---- plan -------------------------------------------------------------------------------------------------------

export interface ListHostsInput {
  /** Absolute path of the configuration file on the worker. */
  readonly configPath: string;
  readonly selection: Selection;
  readonly offset: number;
  readonly limit: number;
}
export interface ListHostsResult {
  readonly hosts: readonly string[];
  readonly total: number;
  /** What the configuration asks for and this version does not do, and other remarks; said in every run. */
  readonly notes: readonly string[];
  /** Those at whole runs, from the outside in; absent: none. */
  readonly hooks?: readonly HookPlan[];
}
export interface LoadHostInput {
  readonly configPath: string;
  readonly host: string;
  readonly selection: Selection;
}

// ---- hosts ------------------------------------------------------------------------------------------------------

export interface ProbeHostInput {
  readonly host: HostPlan;
}
export interface ProbeHostResult {
  readonly tools: Readonly<Record<string, string>>;
  /** Host's clock minus worker's; undefined where it cannot be asked (`rsync_only`). */
  readonly clockSkewMs?: number;
  readonly sources: readonly {
    readonly source: string;
    readonly state: 'directory' | 'missing' | 'not-directory' | 'unreadable';
    /** Why it cannot be backed up whatever its state: its engine lacks a tool on the host. */
    readonly failure?: Failure;
  }[];
  readonly roundTripMs: number;
}

export interface RunScriptInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly phase: 'pre' | 'post';
  readonly run: RunIdentity;
  /** Status so far, for the post script. */
  readonly status?: string;
}
export interface RunScriptResult {
  readonly exitCode: number;
  readonly durationMs: number;
  /** The last 4 KiB of its output. */
  readonly output: string;
}

// ---- mirror -----------------------------------------------------------------------------------------------------

export interface MirrorInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly run: RunIdentity;
}
export type TransferStatistics = RsyncStatistics;
/** What the guard compares beside the figures. */
export interface SourceFileSystem {
  /** On which file system the source lies; absent: the host cannot say. */
  readonly fileSystem?: FileSystemIdentity;
  /** On which it lay for the last backup; absent: nothing is recorded of it. */
  readonly previousFileSystem?: FileSystemIdentity;
  /** Absent: none is missing. */
  readonly missingMarkers?: readonly string[];
}
export interface InspectMirrorResult extends SourceFileSystem {
  readonly lastBackupId?: string;
  /** Entries of the last committed state; 0 when there is none. */
  readonly previousEntries: number;
  readonly entries: number;
  readonly deletions: number;
  /** At most 100, for people. */
  readonly firstDeleted: readonly string[];
  /** Entries that a run would create, change or delete. */
  readonly changes: number;
  /** Nothing to do, every file known to be readable as before: the run may commit at once. */
  readonly unchanged: boolean;
  readonly statistics: TransferStatistics;
  readonly notes: readonly string[];
}
export interface SyncMirrorInput extends MirrorInput {
  /** rsync stops deleting beyond it, and the source is held (`deletionAllowance` of core/guard/guard.ts); undefined: no limit. */
  readonly maxDeletions?: number;
}
export interface SyncMirrorResult {
  readonly statistics: TransferStatistics;
  readonly exitCode: number;
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  /** rsync's complaints by their kind; absent in results of older workers. */
  readonly errorCounts?: ErrorCounts;
  /** How long files' data was on its way; without looking at what had not changed. */
  readonly movingMs?: number;
  readonly notes?: readonly string[];
}
export interface CommitMirrorInput extends MirrorInput {
  readonly startedAtMs: number;
  readonly outcome: SyncMirrorResult;
  /** As `inspectMirror` found it; compared with by the next run. */
  readonly fileSystem?: FileSystemIdentity;
}
export interface CommitResult {
  readonly backupId: string;
  readonly status: 'ok' | 'warning';
}

// ---- archive ----------------------------------------------------------------------------------------------------

export interface PlanArchiveInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly options: BackupOptions;
  readonly run: RunIdentity;
  readonly startedAtMs: number;
}
/** What a backup will store. The lists lie in the destination below `planPrefix`. */
export interface ArchivePlan extends SourceFileSystem {
  readonly backupId: string;
  readonly level: number;
  readonly parent: string | null;
  readonly chain: readonly string[];
  /** `<host>/<source>/<backup id>/plan-<attempt>/`; '' in a dry run. */
  readonly planPrefix: string;
  readonly shards: number;
  /** Batches of extents of large files, in order of `writeExtents`' `batch`; absent: none. */
  readonly extentBatches?: number;
  readonly counts: EntryCounts;
  readonly sourceBytes: number;
  readonly previousEntries: number;
  readonly changed: number;
  readonly changedBytes: number;
  readonly deleted: number;
  readonly firstDeleted: readonly string[];
  readonly scannedAtMs: number;
  readonly compressOn: 'host' | 'worker' | 'none';
  readonly tarVersion: string;
  /** Of tar's options for attributes those that the host's tar knows. */
  readonly tarOptions: readonly string[];
  readonly compressor: string;
  readonly notes: readonly string[];
}
export interface WriteShardInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly shard: number;
  readonly run: RunIdentity;
}
export interface WriteShardResult {
  readonly sizeBytes: number;
  readonly rawBytes: number;
  readonly flaws: number;
  readonly reused: boolean;
}
export interface CommitArchiveInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly startedAtMs: number;
  readonly run: RunIdentity;
}
export interface CommitArchiveResult extends CommitResult {
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  /** All flaws by their types; absent in results of older workers. */
  readonly errorCounts?: ErrorCounts;
}
export interface DiscardArchivePlanInput {
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
}

// ---- backups ----------------------------------------------------------------------------------------------------

export interface ListBackupsInput {
  readonly configPath: string;
  readonly selection: Selection;
  /** Newest first, at most so many of each source. */
  readonly limit: number;
  /** As the catalog knows them; no destination is asked. */
  readonly offline?: boolean;
}
export interface BackupSummary {
  readonly id: string;
  readonly host: string;
  readonly source: string;
  readonly engine: 'mirror' | 'archive';
  readonly destination: string;
  readonly level: number;
  readonly parent: string | null;
  readonly status: 'ok' | 'warning' | 'unfinished' | 'damaged';
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly entries: number;
  readonly sourceBytes: number;
  readonly storedBytes: number;
  /** Of a mirror: the snapshots that hold it, by name. Absent: only the mirror itself does. */
  readonly snapshots?: readonly string[];
  /** A person keeps it from retention. */
  readonly pinned?: { readonly since: string; readonly reason?: string };
  /** A verification found it damaged: `status` is `damaged`, whatever it was before. */
  readonly damage?: { readonly since: string; readonly files: number };
  /** No rule of retention keeps it: it is deleted when its grace is over. */
  readonly pendingDeletion?: { readonly since: string };
}
/** Of a source whose backups are told from the catalog. */
export interface KnownSource {
  readonly host: string;
  readonly source: string;
  /** ISO 8601, UTC: when the destination was last read whole; null: it never was. */
  readonly knownAt: string | null;
}
export interface ListBackupsResult {
  /** Only when the catalog was asked. */
  readonly known?: readonly KnownSource[];
  readonly backups: readonly BackupSummary[];
  /** The newest good restore drill of each source that had one. */
  readonly lastProvenRestore?: readonly LastProof[];
  /** Sources whose destination could not be read, and damaged manifests. */
  readonly failures: readonly Failure[];
}

// ---- restore ----------------------------------------------------------------------------------------------------

export type RestorePoint =
  | { readonly latest: true }
  | { readonly at: string }
  | { readonly backupId: string }
  /** A snapshot of a mirror, by its name. */
  | { readonly snapshot: string };
export type RestoreTarget =
  | { readonly kind: 'local' /** Absolute. */; readonly path: string; readonly machine: string }
  | {
      readonly kind: 'host';
      readonly host: string /** Absolute; undefined: the source's own path. */;
      readonly path?: string;
    };

export interface RestoreRequest {
  readonly configPath: string;
  readonly host: string;
  readonly source: string;
  readonly point: RestorePoint;
  readonly include: readonly string[];
  /** Exactly the entries that a file lists, instead of patterns: their names, each ended by NUL; on the machine that plans the restore. */
  readonly namesFile?: string;
  readonly target: RestoreTarget;
  /** What happens to entries that exist in the target: left, replaced when they differ, always replaced. */
  readonly overwrite: 'never' | 'changed' | 'always';
  /** Remove what the point does not have (within what was asked for). */
  readonly delete: boolean;
  readonly dryRun: boolean;
  /** Restore a mirror that was left half synchronised. */
  readonly unfinished: boolean;
  /** Where the machine that does the work finds the private key of an encrypted backup; absent: what the configuration names. */
  readonly identity?: SecretRef;
  /** Believe manifests that no trusted key has signed; a person answers for it. */
  readonly acceptUntrusted?: boolean;
}
export interface PlanRestoreInput {
  readonly request: RestoreRequest;
  readonly run: RunIdentity;
  /** Where hooks stand at the restore, name them instead of planning: they come first. */
  readonly hooksFirst?: boolean;
}
export interface RestorePlan {
  readonly engine: 'mirror' | 'archive';
  readonly backupId: string;
  readonly chain: readonly string[];
  /** Where the point comes from, for people. */
  readonly from: string;
  /** The snapshot of a mirror that is read; absent: the mirror itself, or an archive. */
  readonly snapshot?: string;
  /** Resolved directory on the target machine. */
  readonly targetPath: string;
  readonly targetMachine: string;
  /** Queue of the machine that holds the plan's lists; the later steps must run there. */
  readonly taskQueue: string;
  /** Directory on that machine; '' in a dry run. */
  readonly spool: string;
  /** Content shards to extract, in order of `extractShard`'s `part`. */
  readonly parts: number;
  /** Parts of large files' extents, in order of `restoreExtents`' `part`; absent: none. */
  readonly extentParts?: number;
  readonly counts: {
    readonly create: number;
    readonly replace: number;
    readonly keep: number;
    readonly delete: number;
  };
  readonly bytesToWrite: number;
  readonly bytesToRead: number;
  /** Entries that the point knows but cannot give (unreadable at backup time), or gives in an older version. */
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  readonly notes: readonly string[];
}
export interface RestoreStepInput {
  readonly request: RestoreRequest;
  readonly plan: RestorePlan;
  readonly run: RunIdentity;
}
export interface ExtractShardInput extends RestoreStepInput {
  readonly part: number;
}
export interface ExtractShardResult {
  readonly entries: number;
  readonly bytesRead: number;
}
/** Differences between the target and the point after the restore; none when all is right. */
export interface RestoreReport {
  readonly status: 'ok' | 'warning' | 'failed';
  readonly compared: number;
  readonly differences: { readonly count: number; readonly first: readonly string[] };
}

// ---- all --------------------------------------------------------------------------------------------------------

export interface HoldfastActivities
  extends BrowseActivities,
    CatalogActivities,
    StdoutActivities,
    ConsolidateActivities,
    PruneActivities,
    PinSnapshotsActivities,
    SnapshotActivities,
    DrillActivities,
    DumpActivities,
    ExtentActivities,
    FreezeActivities,
    HistoryActivities,
    SizesActivities,
    HostActivities,
    HookActivities,
    MetricsActivities,
    ReportActivities,
    VerifyActivities {
  listHosts(input: ListHostsInput): Promise<ListHostsResult>;
  loadHost(input: LoadHostInput): Promise<HostPlan>;
  probeHost(input: ProbeHostInput): Promise<ProbeHostResult>;
  runScript(input: RunScriptInput): Promise<RunScriptResult>;

  inspectMirror(input: MirrorInput): Promise<InspectMirrorResult>;
  syncMirror(input: SyncMirrorInput): Promise<SyncMirrorResult>;
  commitMirror(input: CommitMirrorInput): Promise<CommitResult>;

  planArchive(input: PlanArchiveInput): Promise<ArchivePlan>;
  writeShard(input: WriteShardInput): Promise<WriteShardResult>;
  commitArchive(input: CommitArchiveInput): Promise<CommitArchiveResult>;
  discardArchivePlan(input: DiscardArchivePlanInput): Promise<void>;

  listBackups(input: ListBackupsInput): Promise<ListBackupsResult>;

  planRestore(input: PlanRestoreInput): Promise<RestorePlan | RestoreHooks>;
  /** Makes the directories, removes what stands in the way (as the plan says). */
  prepareRestore(input: RestoreStepInput): Promise<void>;
  extractShard(input: ExtractShardInput): Promise<ExtractShardResult>;
  /** Directories' own attributes, deletions, comparison of the whole target with the point; removes the spool. */
  finishRestore(input: RestoreStepInput): Promise<RestoreReport>;
  restoreMirror(input: RestoreStepInput): Promise<RestoreReport>;
  /** Removes what a restore left on the worker's disk; after failure and cancel. */
  discardRestore(input: RestoreStepInput): Promise<void>;
}
