/** The Activity of `holdfast snapshots pin`: types only. */
import type { RunIdentity } from '../contract.js';

export interface PinSnapshotsInput {
  readonly configPath: string;
  readonly host: string;
  readonly source: string;
  /** Names of snapshots of this one mirror. */
  readonly names: readonly string[];
  readonly pinned: boolean;
  readonly reason?: string;
  /** Say what would be changed. */
  readonly dryRun: boolean;
  readonly nowMs: number;
  readonly run: RunIdentity;
}
export interface PinSnapshotsResult {
  /** Those that were not so before. */
  readonly changed: readonly string[];
}

export interface PinSnapshotsActivities {
  /** All or none: throws BackupNotFound before anything is changed. */
  pinSnapshots(input: PinSnapshotsInput): Promise<PinSnapshotsResult>;
}
