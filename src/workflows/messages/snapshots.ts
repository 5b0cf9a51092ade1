/** Messages of `holdfast snapshots`. */
import type {
  ListSnapshotsInput,
  ListSnapshotsResult,
  MadeSnapshot,
  SnapshotProblem,
} from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { Selection } from '../../core/plan.js';
import type { Status } from '../../core/statuses.js';
import type { SourcesResult, SourcesState } from './verify.js';

/** One page of the snapshots that there are, with what a prune would do with each: also for `--dry-run`. */
export type ListSnapshotsWorkflowInput = ListSnapshotsInput;
export type ListSnapshotsWorkflowResult = ListSnapshotsResult;

/** What is to be done with the snapshots of the selected mirrors. */
export interface RotateSnapshotsInput {
  readonly configPath: string;
  readonly selection: Selection;
  /** Only mirrors below this configured volume. */
  readonly volume?: string;
  /** `due`: what the clock says; or these kinds whatever it says, `manual` among them; empty: none. */
  readonly make: 'due' | readonly string[];
  /** `surplus`: what no rule keeps, also of kinds that the configuration no longer has; or these names (of one source). */
  readonly remove: 'none' | 'after-making' | 'surplus' | readonly string[];
  /** Clients leave it out. */
  readonly carried?: SourcesState<SnapshotOutcome>;
}

/** What became of one mirror. */
export interface SnapshotOutcome {
  readonly host: string;
  readonly source: string;
  /** `skipped`: a backup of the host is going on. `warning`: something is damaged, or could not be made or removed. */
  readonly status: Status;
  readonly failure?: Failure;
  readonly backupId?: string;
  readonly made: readonly MadeSnapshot[];
  readonly removed: { readonly count: number; readonly first: readonly string[] };
  readonly kept: number;
  readonly problems: readonly SnapshotProblem[];
  readonly notes: readonly string[];
}

export interface RotateSnapshotsResult extends SourcesResult<SnapshotOutcome> {
  readonly kind: 'rotate-snapshots';
}

/** The part of one host, under its lock: Workflow ID `host/<host>`. */
export interface HostSnapshotsInput
  extends Pick<RotateSnapshotsInput, 'configPath' | 'selection' | 'volume' | 'make' | 'remove'> {
  readonly host: string;
}

export interface HostSnapshotsResult {
  readonly kind: 'host-snapshots';
  readonly host: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly sources: readonly SnapshotOutcome[];
}
