/** The Activity of `holdfast consolidate`: types only. */
import type { RunIdentity } from '../contract.js';

export interface ConsolidateBackupInput {
  readonly configPath: string;
  readonly host: string;
  readonly source: string;
  /** A copy of which more than this share would be dead space is refused. 0…100. */
  readonly maxDeadPercent: number;
  readonly startedAtMs: number;
  readonly run: RunIdentity;
}
export interface ConsolidateBackupResult {
  readonly backupId: string;
  readonly status: 'ok' | 'warning';
  /** The backup whose state the new one has. */
  readonly from: string;
  readonly shards: number;
  readonly storedBytes: number;
  /** Content of the copied shards, before compression, that no entry needs any more. */
  readonly deadBytes: number;
  readonly rawBytes: number;
}

export interface ConsolidateActivities {
  consolidateBackup(input: ConsolidateBackupInput): Promise<ConsolidateBackupResult>;
}
