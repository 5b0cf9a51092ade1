/** Messages of `holdfast prune`, of pins and of `holdfast consolidate`. */
import type {
  ConsolidateBackupInput,
  ConsolidateBackupResult,
  PinBackupsInput,
  PinBackupsResult,
  PrunedSource,
  PruneSelection,
  PreviewPruneInput,
  PreviewPruneResult,
  SweptLeftovers,
} from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { Status } from '../../core/statuses.js';

export interface PruneInput extends PruneSelection {
  /** Go on where a doubt would hold a source. */
  readonly approve: boolean;
  /** Remove what abandoned runs left, and nothing else. */
  readonly sweepOnly: boolean;
}

/** One destination's part, a Workflow of its own: one prune of a destination at a time. */
export interface PruneDestinationInput extends PruneInput {
  readonly destination: string;
}

export interface PruneCounts {
  readonly sources: number;
  readonly kept: number;
  readonly waiting: number;
  readonly marked: number;
  readonly unmarked: number;
  readonly deleted: number;
  readonly freedBytes: number;
  readonly swept: SweptLeftovers;
}

export interface PruneDestinationResult {
  readonly kind: 'prune-destination';
  readonly destination: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly counts: PruneCounts;
  /** Sources at which something was done or is to be said, at most 50. */
  readonly sources: readonly PrunedSource[];
  readonly durationMs: number;
}

export interface PruneResult {
  readonly kind: 'prune';
  readonly status: Status;
  readonly failure?: Failure;
  readonly destinations: readonly PruneDestinationResult[];
  readonly durationMs: number;
}

export interface PruneProgress {
  readonly destinations: readonly {
    readonly destination: string;
    readonly workflowId: string;
    readonly status?: Status;
  }[];
}

export type PrunePreviewInput = PreviewPruneInput;
export type PrunePreviewResult = PreviewPruneResult;

export type PinBackupsWorkflowInput = Omit<PinBackupsInput, 'nowMs' | 'run'>;
export type PinBackupsWorkflowResult = PinBackupsResult;

export type ConsolidateInput = Omit<ConsolidateBackupInput, 'run' | 'startedAtMs'>;

export interface ConsolidateResult {
  readonly kind: 'consolidate';
  readonly host: string;
  readonly source: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly backup?: ConsolidateBackupResult;
  readonly durationMs: number;
}
