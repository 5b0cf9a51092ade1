import type { FlawedEntry } from '../archive/manifest.js';
import type { ErrorCounts } from '../errors/error-types.js';
import type { FailureType } from '../failures.js';
import type { HookPlan } from '../hooks/hooks.js';
import type { Engine } from '../plan.js';
import type { RsyncStatistics } from '../rsync/statistics.js';
import type { Status } from '../statuses.js';

/** What of a SourceResult (workflows/messages.ts) history is made of; those of older versions lack what is optional here. */
export interface EndedSource {
  readonly source: string;
  readonly engine: Engine;
  readonly destination: string;
  readonly status: Status;
  readonly failure?: EndedBy;
  readonly backupId?: string;
  readonly level?: number;
  readonly dryRun?: boolean;
  readonly figures: {
    readonly entries: number;
    readonly changed: number;
    readonly deleted: number;
    readonly sourceBytes: number;
    readonly storedBytes: number;
  };
  readonly transfer?: RsyncStatistics;
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  readonly errorCounts?: Partial<ErrorCounts>;
  readonly warnings?: number;
  readonly evidence?: readonly string[];
  readonly rsyncExitCode?: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** Likewise of a HostBackupResult. */
export interface EndedHost {
  readonly host: string;
  readonly status: Status;
  readonly dryRun?: true;
  readonly failure?: EndedBy;
  readonly sources: readonly EndedSource[];
  readonly hooks?: readonly { readonly onFailure: HookPlan['onFailure']; readonly failure?: EndedBy }[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface EndedBy {
  readonly type: FailureType;
  readonly message: string;
}

/** The hostBackup that it was. */
export interface HostExecution {
  readonly workflowId: string;
  readonly runId: string;
}
