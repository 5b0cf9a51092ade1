/** Messages of `holdfast snapshots pin` and `unpin`. */
import type { PinSnapshotsInput, PinSnapshotsResult } from '../../activities/contract.js';

export type PinSnapshotsWorkflowInput = Omit<PinSnapshotsInput, 'nowMs' | 'run'>;
export type PinSnapshotsWorkflowResult = PinSnapshotsResult;
