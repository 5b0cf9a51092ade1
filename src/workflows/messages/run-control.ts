/** How a person steers a running fleetBackup. */
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Status } from '../../core/statuses.js';
import type { Decide, HeldSource } from './approval.js';

export interface Ordered {
  /** Who: `user@machine`. */
  readonly by: string;
  readonly reason?: string;
}

export interface OrderForHosts extends Ordered {
  readonly hosts: readonly string[];
}

export interface Paused extends Ordered {
  readonly sinceMs: number;
}

/** No more hosts are begun until `resumeRun`; those at work go on to their end. */
export const pauseRunSignal = { type: 'signal', name: 'pauseRun' } as SignalDefinition<[Ordered]>;
export const resumeRunSignal = { type: 'signal', name: 'resumeRun' } as SignalDefinition<[Ordered]>;
/** A host that has not begun is left out, one at work is cancelled; both end as `skipped`. Answers with the hosts. */
export const skipHostUpdate = { type: 'update', name: 'skipHost' } as UpdateDefinition<OrderedHosts, [OrderForHosts]>;
/** Hosts that failed, were skipped or cancelled are backed up again, in this run. Answers with the hosts. */
export const retryHostUpdate = { type: 'update', name: 'retryHost' } as UpdateDefinition<OrderedHosts, [OrderForHosts]>;
/** A hostBackup to its run: it only waits, and needs no lane meanwhile. */
export const hostWaitsSignal = { type: 'signal', name: 'hostWaits' } as SignalDefinition<
  [{ readonly host: string; readonly waiting: boolean }]
>;

export interface OrderedHosts {
  readonly hosts: readonly string[];
}

/** A host that is to be backed up once more in the same run. */
export interface HostAgain {
  readonly host: string;
  /** How it ended before. */
  readonly was: Status;
  /** Only these sources, which were held and are approved. */
  readonly approved?: readonly (HeldSource & Omit<Decide, 'host' | 'source'>)[];
}

/** What a person has said of a run so far; survives continue-as-new. */
export interface RunControlState {
  readonly paused?: Paused;
  readonly skips: readonly (Ordered & { readonly host: string })[];
  readonly holds: readonly HeldSource[];
  readonly again: readonly HostAgain[];
}
