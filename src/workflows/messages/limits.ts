import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { RunLimit } from '../../core/plan.js';

/** What may be changed of a running backup run; what is absent stays as it is. */
export interface SetLimits {
  /** A number: bytes per second for all of the run together; `none`: no limit; `configured`: what the configuration says. */
  readonly bandwidthLimitBytesPerSecond?: number | 'none' | 'configured';
  /** `fleetBackup` only. */
  readonly parallelHosts?: number;
}

/** Absent: what the configuration says. */
export interface LimitsInForce {
  readonly limit?: RunLimit;
  readonly parallelHosts?: number;
}

/** Of `fleetBackup` and `hostBackup`. */
export const setLimitsUpdate = { type: 'update', name: 'setLimits' } as UpdateDefinition<LimitsInForce, [SetLimits]>;
export const limitsQuery = { type: 'query', name: 'limits' } as QueryDefinition<LimitsInForce>;
/** A fleetBackup to its hosts. */
export const followLimitsSignal = { type: 'signal', name: 'followLimits' } as SignalDefinition<[LimitsInForce]>;
