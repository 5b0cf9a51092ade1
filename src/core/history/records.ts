import type { ErrorCounts } from '../errors/error-types.js';
import type { FailureType } from '../failures.js';
import type { Engine } from '../plan.js';
import type { SizeKind } from '../sizes/sizes.js';
import type { Status } from '../statuses.js';

/**
 * History: what ended and what was measured, as the catalog keeps it. Metrics are made of it, Prometheus and reports are answered from it.
 * A record is plain data, without secrets, and small: texts are cut to what a person reads first.
 */
export type HistoryRecord = SourceRecord | HostRecord | RunRecord | SizeRecord | ProofRecord | DestinationRecord;

interface Noted {
  /** The same event told twice has the same id, and is one record: `<kind>/<run id>/…`. */
  readonly id: string;
  /** Milliseconds since 1970, UTC, of the run's own clock (a repeated step says the same): when it ended or was measured. */
  readonly atMs: number;
}

/** A source and where its backups go. */
export interface SourcePlace {
  readonly host: string;
  readonly source: string;
  readonly destination: string;
}

export interface SourceTags extends SourcePlace {
  readonly engine: Engine;
}

/** One source's part in a backup run has ended. Dry runs leave no record. */
export interface SourceRecord extends Noted, SourceTags {
  readonly kind: 'source';
  /** Of the hostBackup. */
  readonly workflowId: string;
  readonly runId: string;
  readonly status: Status;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly backupId?: string;
  readonly level?: number;
  readonly failure?: { readonly type: FailureType; readonly message: string };
  readonly errorCounts: ErrorCounts;
  /** Entries that the backup lacks or has flawed, and scripts and hooks that failed without failing the source. */
  readonly warnings: number;
  /** The first lines of what went wrong, as the programs said it; at most 5 of 300 characters. */
  readonly evidence: readonly string[];
  /** As the command line would end for this source alone (core/statuses.ts). */
  readonly exitCode: number;
  /** rsync's own; mirrors only, and only where it ended by itself. */
  readonly rsyncExitCode?: number;
  /** Sizes of all files of the source. */
  readonly totalSizeBytes: number;
  /** What the backup added at the destination. */
  readonly storedBytes: number;
  /** From the host to the worker (`bytesReceived`) and back; archives: what was stored, and 0. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Total size by what was moved; absent where nothing was. */
  readonly speedup?: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
  readonly filesDeleted: number;
  /** Of one that made no backup: when the newest one before it was made, as far as history knew. Set when it is noted. */
  readonly lastSuccessAtMs?: number;
}

/** A host's part in a backup run has ended. */
export interface HostRecord extends Noted {
  readonly kind: 'host';
  readonly host: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: Status;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly failure?: { readonly type: FailureType; readonly message: string };
  readonly sources: Readonly<Record<Status, number>>;
  readonly errors: number;
  readonly warnings: number;
  readonly totalSizeBytes: number;
  readonly storedBytes: number;
}

/** A whole run has ended. */
export interface RunRecord extends Noted {
  readonly kind: 'run';
  /** Workflow Type: fleetBackup, restore, … */
  readonly type: string;
  /** Schedule or occasion, of backups. */
  readonly plan?: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: Status;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly hosts?: Readonly<Record<Status, number>>;
  readonly storedBytes?: number;
}

/** What a source's mirror, its snapshots or its archives take up, as one scan measured them. */
export interface SizeRecord extends Noted {
  readonly kind: 'size';
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  readonly of: SizeKind;
  /** Snapshots, or backups in archives; 1 for a mirror. */
  readonly count: number;
  /** All of them added up; what several share counts once for each. */
  readonly totalBytes: number;
  readonly exclusiveBytes?: number;
  readonly sharedBytes?: number;
  /** False: something could not be measured, or not to its end. */
  readonly complete: boolean;
}

/** A restore drill has ended. */
export interface ProofRecord extends Noted {
  readonly kind: 'proof';
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  readonly engine: Engine;
  readonly backupId: string;
  readonly good: boolean;
  readonly files: number;
  readonly bytes: number;
}

/** How full a destination on a disk of this machine is. */
export interface DestinationRecord extends Noted {
  readonly kind: 'destination';
  readonly destination: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}
