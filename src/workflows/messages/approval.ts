/** How a person decides about sources that the guard holds. */
import type { UpdateDefinition } from '@temporalio/common';
import type { ApprovedDoubt } from '../../core/guard/approval.js';

/** A source of a running fleetBackup that a person may decide about. */
export interface HeldSource {
  readonly host: string;
  readonly source: string;
  /** Why. */
  readonly message: string;
  readonly doubt?: ApprovedDoubt;
  /** Until then the run waits for the decision; absent: it may end before. */
  readonly untilMs?: number;
}

/** Of the sources that a run holds: all, those of a host, or one. */
export interface Decide {
  readonly host?: string;
  readonly source?: string;
  /** Who decides: `user@machine`. */
  readonly by: string;
  readonly reason?: string;
}

export interface Decided {
  readonly sources: readonly { readonly host: string; readonly source: string }[];
}

/** Of `fleetBackup`. The approved sources are looked at again, and backed up unless they are worse than what was approved. */
export const approveUpdate = { type: 'update', name: 'approve' } as UpdateDefinition<Decided, [Decide]>;
/** Of `fleetBackup`. The sources stay as they are: held. */
export const rejectUpdate = { type: 'update', name: 'reject' } as UpdateDefinition<Decided, [Decide]>;
