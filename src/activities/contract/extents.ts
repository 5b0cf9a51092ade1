/** Large files, stored and restored in extents. */
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ArchivePlan, RestoreStepInput, RunIdentity } from '../contract.js';

export interface WriteExtentsInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly batch: number;
  readonly run: RunIdentity;
}
export interface WriteExtentsResult {
  /** Extents sent by this attempt or an earlier one. */
  readonly sent: number;
  /** As in the version before: not sent. */
  readonly unchanged: number;
  /** Zeros: not stored. */
  readonly holes: number;
  /** Of those sent, as they are stored and before compression. */
  readonly sizeBytes: number;
  readonly rawBytes: number;
  readonly flaws: number;
  /** Of those sent, how many an earlier attempt had sent. */
  readonly reused: number;
}
export interface RestoreExtentsInput extends RestoreStepInput {
  readonly part: number;
}
export interface RestoreExtentsResult {
  readonly extents: number;
  readonly bytesRead: number;
}

export interface ExtentActivities {
  /** Stores a batch of extents, or finds them stored by earlier attempts. */
  writeExtents(input: WriteExtentsInput): Promise<WriteExtentsResult>;
  /** Writes a part's extents into the files that `prepareRestore` has made; `finishRestore` puts those in place. */
  restoreExtents(input: RestoreExtentsInput): Promise<RestoreExtentsResult>;
}
