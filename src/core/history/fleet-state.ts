import type { Status } from '../statuses.js';
import type { DestinationRecord, SourceTags } from './records.js';
import type { SourceState } from './source-state.js';

/** A configured source and what is known of it. */
export interface SourceHealth extends SourceTags {
  /** Of its last run; undefined: it never had one. */
  readonly status?: Status;
  readonly lastSuccessAtMs?: number;
  /** A backup is expected this often; undefined: nobody said. */
  readonly expectEveryMs?: number;
  /** No backup within one and a half of that (or none at all although one is expected, or asked for). */
  readonly overdue: boolean;
  readonly lastProofAtMs?: number;
  readonly state?: SourceState;
}

/** All configured sources at one moment, those without any backup too. */
export interface FleetHealth {
  readonly atMs: number;
  readonly sources: readonly SourceHealth[];
  /** The newest of each. */
  readonly destinations: readonly DestinationRecord[];
  /** Records that wait to be sent to the metrics database. */
  readonly pending: number;
}
