/** What goes into `verifyBackups` and `restoreDrill` and what comes out. Plain JSON only. */
import type { QueryDefinition } from '@temporalio/common';
import type { CompareWithHostResult, RestorePoint, VerifyWhich } from '../../activities/contract.js';
import type { DamagedFile, DamagedObject } from '../../core/verify/damage.js';
import type { Failure } from '../../core/failures.js';
import type { Engine, SecretRef, Selection } from '../../core/plan.js';
import type { ProofKind } from '../../core/verify/proof.js';
import type { Status } from '../../core/statuses.js';
import type { Findings } from '../../core/verify/findings.js';
import type { StatusCounts } from '../messages.js';

/** What a run over many sources hands to the execution that goes on with it. */
export interface SourcesState<Outcome> {
  readonly startedAtMs: number;
  /** Hosts of the configuration that are done. */
  readonly offset: number;
  readonly counts: StatusCounts;
  /** Worst first, as many as fit. */
  readonly sources: readonly Outcome[];
  readonly notes: readonly string[];
}

/** The result of such a run. */
export interface SourcesResult<Outcome> {
  readonly status: Status;
  /** Why the run as a whole could not be done. */
  readonly failure?: Failure;
  /** Sources by status. */
  readonly counts: StatusCounts;
  /** Worst first, as many as fit. */
  readonly sources: readonly Outcome[];
  readonly notes: readonly string[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface SourcesProgress {
  readonly sourcesDone: number;
  readonly counts: StatusCounts;
  /** `web1:etc: reading 20261121T042200Z-0` */
  readonly running: readonly string[];
  readonly ended: readonly { readonly host: string; readonly source: string; readonly status: Status }[];
}

export interface SourceOutcome {
  readonly host: string;
  readonly source: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly notes: readonly string[];
}

export const sourcesProgressQuery = { type: 'query', name: 'progress' } as QueryDefinition<SourcesProgress>;

// ---- verifyBackups ----------------------------------------------------------------------------------------------

export interface VerifyBackupsInput {
  /** Absolute path of the configuration file on the workers. */
  readonly configPath: string;
  readonly selection: Selection;
  readonly which: VerifyWhich;
  /** Share of the content that is read back; 0: none. */
  readonly readPercent: number;
  /** Compare with the live hosts: so many files by content, 0: all. Absent: no comparison. */
  readonly compare?: { readonly files: number };
  readonly identity?: SecretRef;
  readonly parallelSources: number;
  /** What an earlier execution of the same run hands to the next one; clients leave it out. */
  readonly carried?: SourcesState<SourceVerification>;
}

export interface DamagedBackup {
  readonly backupId: string;
  readonly whole: boolean;
  readonly objects: { readonly count: number; readonly first: readonly DamagedObject[] };
  /** Points in time that need what is damaged, this one among them. */
  readonly touches: readonly string[];
}

export interface SourceVerification extends SourceOutcome {
  readonly engine: Engine;
  readonly backupsChecked: number;
  readonly damaged: { readonly count: number; readonly first: readonly DamagedBackup[] };
  /** What cannot be had any more, and from which points. */
  readonly files: { readonly count: number; readonly first: readonly DamagedFile[] };
  /** Backups that were damaged and are right again. */
  readonly cleared: readonly string[];
  readonly objects: number;
  readonly objectsRead: number;
  readonly bytesRead: number;
  readonly members: number;
  readonly remarks: Findings;
  readonly comparison?: CompareWithHostResult;
}

export interface VerifyBackupsResult extends SourcesResult<SourceVerification> {
  readonly kind: 'verify-backups';
}

// ---- restoreDrill -----------------------------------------------------------------------------------------------

export interface RestoreDrillInput {
  readonly configPath: string;
  readonly selection: Selection;
  readonly point: RestorePoint;
  readonly sample: { readonly files: number; readonly bytes: number } | 'all';
  /** Draws the sample; absent: one that the run draws itself. Recorded with the proof either way. */
  readonly seed?: number;
  readonly scratchIn?: string;
  readonly identity?: SecretRef;
  readonly carried?: SourcesState<SourceDrill>;
}

export interface SourceDrill extends SourceOutcome {
  readonly engine: Engine;
  readonly backupId?: string;
  readonly destination: string;
  /** The execution that drilled it: a run may go on in several. */
  readonly runId: string;
  readonly endedAtMs: number;
  readonly seed: number;
  readonly proof?: ProofKind;
  readonly files: number;
  readonly bytes: number;
  readonly comparedWithSource: number;
  readonly differing: Findings;
  /** The restore's own Workflow. */
  readonly restore?: string;
}

export interface RestoreDrillResult extends SourcesResult<SourceDrill> {
  readonly kind: 'restore-drill';
}
