/**
 * What goes into a Workflow, what comes out, and what may be asked of a running one. Plain JSON only.
 * Clients import this file: it pulls in no Workflow runtime.
 */
import type { QueryDefinition } from '@temporalio/common';
import type {
  ListBackupsInput,
  ListBackupsResult,
  RestorePlan,
  RestoreReport,
  RestoreRequest,
  RunIdentity,
  RunScriptResult,
  SendRestoredResult,
  TransferStatistics,
  ArchivePlan,
} from '../activities/contract.js';
import type { Approval, ApprovedDoubt } from '../core/guard/approval.js';
import type { Failure } from '../core/failures.js';
import type { Doubt } from '../core/guard/guard.js';
import type { FlawedEntry } from '../core/archive/manifest.js';
import type { ErrorCounts } from '../core/errors/error-types.js';
import type { BackupOptions, Engine, HostPlan, Selection, SourcePlan } from '../core/plan.js';
import type { Status } from '../core/statuses.js';
import type { HookOutcome, RunHooksState } from './messages/hooks.js';
import type { StdoutTarget } from './messages/stdout.js';
import type { HeldSource } from './messages/approval.js';
import type { LimitsInForce } from './messages/limits.js';
import type { Paused, RunControlState } from './messages/run-control.js';
import type { PruneProgress } from './messages/prune.js';

export * from './messages/approval.js';
export type * from './messages/browse.js';
export type * from './messages/catalog.js';
export type * from './messages/hosts.js';
export type * from './messages/hooks.js';
export * from './messages/metrics.js';
export * from './messages/limits.js';
export * from './messages/run-control.js';
export type * from './messages/stdout.js';
export * from './messages/verify.js';
export type * from './messages/prune.js';
export type * from './messages/report.js';
export * from './messages/sizes.js';
export type * from './messages/snapshots-pin.js';
export type * from './messages/snapshots.js';

/** Workflow Types, as a client that does not load the functions starts them. */
export const WORKFLOW = {
  fleetBackup: 'fleetBackup',
  hostBackup: 'hostBackup',
  restore: 'restore',
  listBackups: 'listBackups',
  listRuns: 'listRuns',
  readReport: 'readReport',
  listSizes: 'listSizes',
  measureSizes: 'measureSizes',
  scanSizes: 'scanSizes',
  rebuildCatalog: 'rebuildCatalog',
  sendMetrics: 'sendMetrics',
  testMetrics: 'testMetrics',
  queryMetrics: 'queryMetrics',
  backfillMetrics: 'backfillMetrics',
  listFiles: 'listFiles',
  findFiles: 'findFiles',
  diffBackups: 'diffBackups',
  verifyBackups: 'verifyBackups',
  restoreDrill: 'restoreDrill',
  verifyHosts: 'verifyHosts',
  prune: 'prune',
  pruneDestinations: 'pruneDestinations',
  previewPrune: 'previewPrune',
  pinBackups: 'pinBackups',
  pinSnapshots: 'pinSnapshots',
  consolidate: 'consolidate',
  archiveShards: 'archiveShards',
  listSnapshots: 'listSnapshots',
  rotateSnapshots: 'rotateSnapshots',
  hostSnapshots: 'hostSnapshots',
} as const;

/** Where a cancelled run leaves its result: the one way to end that Temporal lets carry nothing. */
export const RESULT_MEMO = 'result';

/** Every Workflow's answer to `progress`, running or closed. */
const progress = <Answer>(): QueryDefinition<Answer> =>
  ({ type: 'query', name: 'progress' }) as QueryDefinition<Answer>;

export const fleetProgressQuery = progress<FleetProgress>();
export const hostProgressQuery = progress<HostProgress>();
export const restoreProgressQuery = progress<RestoreProgress>();
export const pruneProgressQuery = progress<PruneProgress>();

export type StatusCounts = Readonly<Record<Status, number>>;

// ---- fleetBackup ------------------------------------------------------------------------------------------------

export interface FleetBackupInput {
  /** Absolute path of the configuration file on the workers. */
  readonly configPath: string;
  /** Name of the run for people: a schedule's name, or what was asked for. */
  readonly plan: string;
  readonly selection: Selection;
  readonly options: BackupOptions;
  /** So many hosts at a time. */
  readonly parallelHosts: number;
  /** Set while it ran, by `setLimits`; clients leave it out. */
  readonly limits?: LimitsInForce;
  /** Sources that an earlier run held and a person approved: of their hosts these alone are taken. */
  readonly approvals?: readonly (Approval & { readonly host: string })[];
  /** What an earlier execution of the same run hands to the next one; clients leave it out. */
  readonly carried?: FleetState;
  /** Likewise: what a person has said of the run. */
  readonly control?: RunControlState;
}

/** What a fleet run knows so far; survives continue-as-new. */
export interface FleetState {
  readonly startedAtMs: number;
  /** Position in the configuration's list of hosts. */
  readonly offset: number;
  readonly hostsTotal: number;
  readonly counts: StatusCounts;
  readonly backupsMade: number;
  readonly storedBytes: number;
  /** Worst first; see `keepWorst` for how many. */
  readonly hosts: readonly HostSummary[];
  /** Of the run as a whole; absent: it has none. */
  readonly runHooks?: RunHooksState;
  readonly notes: readonly string[];
}

export interface SourceSummary {
  readonly source: string;
  readonly engine: Engine;
  readonly status: Status;
  readonly backupId?: string;
  readonly level?: number;
  readonly sourceBytes: number;
  readonly storedBytes: number;
  readonly entries: number;
  readonly flaws: number;
  readonly durationMs: number;
  readonly failure?: Failure;
  /** Those types of which there were any; absent: none. */
  readonly errorCounts?: Partial<ErrorCounts>;
  /** Of a source that is not ok: the first lines of what went wrong, as the programs said it. */
  readonly evidence?: readonly string[];
  /** Why it is held; the names stand in the host's own result. */
  readonly doubt?: ApprovedDoubt;
  /** Held: until then the run waits for a person. */
  readonly heldUntilMs?: number;
}

export interface HostSummary {
  readonly host: string;
  readonly status: Status;
  readonly workflowId: string;
  readonly runId?: string;
  readonly durationMs: number;
  /** Why the host as a whole is not ok; a source's own failure stands with the source. */
  readonly failure?: Failure;
  readonly sourcesTotal: number;
  /** Worst first; may be cut in a large fleet: the host's own Workflow has them all. */
  readonly sources: readonly SourceSummary[];
}

export interface FleetBackupResult {
  readonly kind: 'fleet-backup';
  readonly plan: string;
  readonly status: Status;
  /** Why the run as a whole could not be done (an invalid configuration, for one). */
  readonly failure?: Failure;
  readonly hostsTotal: number;
  readonly counts: StatusCounts;
  readonly backupsMade: number;
  readonly storedBytes: number;
  /** Worst first, at most 200. */
  readonly hosts: readonly HostSummary[];
  /** Those that ran; absent: none. */
  readonly hooks?: readonly HookOutcome[];
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface FleetProgress {
  readonly plan: string;
  readonly hostsTotal: number;
  readonly hostsDone: number;
  readonly counts: StatusCounts;
  readonly running: readonly { readonly host: string; readonly workflowId: string }[];
  /** Present while no hosts are begun because a person said so. */
  readonly paused?: Paused;
  /** Sources that wait for a person; absent: none. */
  readonly holds?: readonly HeldSource[];
  /** Hosts that ended, worst first. */
  readonly hosts: readonly HostSummary[];
  readonly notes: readonly string[];
}

// ---- hostBackup -------------------------------------------------------------------------------------------------

export interface HostBackupInput {
  readonly configPath: string;
  readonly host: string;
  readonly selection: Selection;
  readonly options: BackupOptions;
  /** Of sources that were held before. */
  readonly approvals?: readonly Approval[];
  /** Set on the run that it belongs to before it was begun. */
  readonly limits?: LimitsInForce;
}

export interface ScriptOutcome {
  readonly phase: 'pre' | 'post';
  readonly name: string;
  readonly result?: RunScriptResult;
  readonly failure?: Failure;
}

export interface SourceFigures {
  readonly entries: number;
  readonly changed: number;
  readonly deleted: number;
  /** Sizes of the whole source's files. */
  readonly sourceBytes: number;
  /** What this backup added at the destination: file data that rsync sent (mirror), shards (archive). */
  readonly storedBytes: number;
  readonly shards: number;
}

export interface SourceResult {
  readonly source: string;
  readonly engine: Engine;
  readonly destination: string;
  readonly status: Status;
  readonly failure?: Failure;
  /** Why it is held, with the first hundred names that would be deleted, as many as fit. */
  readonly doubt?: Doubt;
  /** Held: until then the run waits for a person; absent: it does not. */
  readonly heldUntilMs?: number;
  readonly backupId?: string;
  readonly level?: number;
  readonly parent?: string | null;
  readonly dryRun: boolean;
  readonly figures: SourceFigures;
  /** rsync's own figures; engine `mirror` only. */
  readonly transfer?: TransferStatistics;
  /** Errors by their type, that of `failure` among them; a type that is absent has none. Absent as a whole in results of older workers. */
  readonly errorCounts?: Partial<ErrorCounts>;
  /** Flaws, remarks, and scripts and hooks that failed without failing the source; absent in results of older workers. */
  readonly warnings?: number;
  /** The first lines of what went wrong, as the programs said it: at most 5 of 300 characters; absent: none. */
  readonly evidence?: readonly string[];
  /** rsync's own, where it ended by itself. */
  readonly rsyncExitCode?: number;
  /** `first`: as many as fit, at most 100; the backup's index has them all. */
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  readonly scripts: readonly ScriptOutcome[];
  /** Those that ran; absent: none. */
  readonly hooks?: readonly HookOutcome[];
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface HostBackupResult {
  readonly kind: 'host-backup';
  readonly host: string;
  readonly status: Status;
  /** Present in a dry run. */
  readonly dryRun?: true;
  /** Why the host as a whole is not ok; a source's own failure stands with the source. */
  readonly failure?: Failure;
  readonly sources: readonly SourceResult[];
  /** The host's clock minus the worker's. */
  readonly clockSkewMs?: number;
  /** It did not answer at first, and was waited for so long. */
  readonly waitedMs?: number;
  /** Those that ran; absent: none. */
  readonly hooks?: readonly HookOutcome[];
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export type SourceStep =
  | 'waiting'
  | 'hooks'
  | 'pre script'
  | 'freezing'
  | 'looking'
  | 'transferring'
  | 'committing'
  | 'thawing'
  | 'post script'
  | 'snapshots'
  | 'done';

export interface SourceProgress {
  readonly source: string;
  readonly engine: Engine;
  readonly step: SourceStep;
  /** Known when `done`. */
  readonly status?: Status;
  readonly shardsDone: number;
  readonly shardsTotal: number;
  /** Bytes of the files that this backup reads, as far as they are known. */
  readonly changedBytes: number;
  readonly rawBytes: number;
  readonly storedBytes: number;
}

export interface HostProgress {
  readonly host: string;
  /** What is going on, for people: `www: transferring`. */
  readonly doing: string;
  readonly sources: readonly SourceProgress[];
}

// ---- archiveShards ----------------------------------------------------------------------------------------------

/** A stretch of one backup's shards: a source of terabytes has more of them than one history may hold. */
export interface ArchiveShardsInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  /** The hostBackup that the shards belong to. */
  readonly run: RunIdentity;
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

export interface ShardTotals {
  readonly shards: number;
  readonly sizeBytes: number;
  readonly rawBytes: number;
}

// ---- restore ----------------------------------------------------------------------------------------------------

export interface RestoreInput {
  readonly request: RestoreRequest;
  /** Of a drill: it proves a backup, and nothing on a host is to be stopped for it. */
  readonly withoutHooks?: boolean;
  /** To a command's standard output; the request's own target does not count then. */
  readonly stdout?: StdoutTarget;
}

export interface RestoreResult {
  readonly kind: 'restore';
  readonly host: string;
  readonly source: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly dryRun: boolean;
  /** Undefined when planning failed. */
  readonly plan?: RestorePlan;
  /** Undefined in a dry run and after a failure. */
  readonly report?: RestoreReport;
  /** What went to a command's standard output. */
  readonly sent?: SendRestoredResult;
  readonly bytesRead: number;
  /** Those that ran; absent: none. */
  readonly hooks?: readonly HookOutcome[];
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface RestoreProgress {
  readonly step:
    | 'hooks'
    | 'planning'
    | 'preparing'
    | 'extracting'
    | 'synchronising'
    | 'comparing'
    | 'sending'
    | 'cleaning up'
    | 'done';
  readonly backupId?: string;
  readonly targetPath?: string;
  readonly partsDone: number;
  readonly partsTotal: number;
  readonly bytesRead: number;
  readonly bytesToRead: number;
}

// ---- short ones -------------------------------------------------------------------------------------------------

export type ListBackupsWorkflowInput = ListBackupsInput;
export type ListBackupsWorkflowResult = ListBackupsResult;
