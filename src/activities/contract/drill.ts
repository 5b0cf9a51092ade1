/** The Activities of `holdfast drill`: types only. */
import type { ProofKind } from '../../core/verify/proof.js';
import type { HostPlan, SecretRef, SourcePlan } from '../../core/plan.js';
import type { Findings } from '../../core/verify/findings.js';
import type { RestorePoint, RestoreReport, RestoreRequest, RunIdentity } from '../contract.js';

export interface PlanDrillInput {
  readonly configPath: string;
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly point: RestorePoint;
  /** The whole point, or a random sample of so many files and bytes at most, whichever is less. */
  readonly sample: { readonly files: number; readonly bytes: number } | 'all';
  readonly seed: number;
  /** Where the scratch directory is made, on the worker; absent: in the worker's own state directory. */
  readonly scratchIn?: string;
  readonly identity?: SecretRef;
  readonly run: RunIdentity;
}
export interface PlanDrillResult {
  /** What the restore is asked for; its target is the scratch directory. */
  readonly request: RestoreRequest;
  readonly backupId: string;
  readonly scratch: string;
  /** The queue of the machine that holds the scratch directory. */
  readonly taskQueue: string;
  readonly files: number;
  readonly bytes: number;
}

export interface DrillStepInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: PlanDrillResult;
  readonly seed: number;
  readonly complete: boolean;
  readonly run: RunIdentity;
}
export interface ProveDrillInput extends DrillStepInput {
  /** What the restore said of itself; undefined when it failed before it could. */
  readonly report?: Pick<RestoreReport, 'status'>;
}
export interface ProveDrillResult {
  readonly proof: ProofKind;
  readonly files: number;
  readonly bytes: number;
  readonly comparedWithSource: number;
  readonly differing: Findings;
  /** Why files were compared with the index alone, and the like. */
  readonly notes: readonly string[];
}

export interface DrillActivities {
  /** Draws the sample, checks that there is room for it, makes the scratch directory. Throws NothingToRestore, BackupNotFound, RestoreTargetFull. */
  planDrill(input: PlanDrillInput): Promise<PlanDrillResult>;
  /** Compares what was restored with the source's current contents where it has not changed, and records the proof. */
  proveDrill(input: ProveDrillInput): Promise<ProveDrillResult>;
  /** Removes the scratch directory. */
  discardDrill(input: DrillStepInput): Promise<void>;
}
