import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { RunIdentity } from '../contract.js';

export interface FreezeSourceInput {
  readonly host: HostPlan;
  /** With `freeze`. */
  readonly source: SourcePlan;
  readonly run: RunIdentity;
}

export interface FrozenSource {
  /** The directory on the host to read instead of the source's path. */
  readonly readPath: string;
  /** The host's clock just before. */
  readonly frozenAtMs: number;
  /** What the backup will not hold although nothing excludes it, for people. */
  readonly notIncluded: { readonly count: number; readonly first: readonly string[] };
  /** Below the source and not frozen with it: read as it is at the time. */
  readonly notFrozen: { readonly count: number; readonly first: readonly string[] };
}

export interface ThawSourceInput extends FreezeSourceInput {
  /** Whether `freezeSource` ended well: then it must be possible to find what there is to release. */
  readonly frozen: boolean;
}

export interface ThawedSource {
  /** Why what was read may not have been of one moment, for people. */
  readonly troubles: readonly string[];
}

export interface FreezeActivities {
  /** Releases what dead runs left, and freezes the source. Throws FreezeFailed. */
  freezeSource(input: FreezeSourceInput): Promise<FrozenSource>;
  /** Releases what this run and dead ones froze; safe to repeat, also when nothing was frozen. Throws ThawFailed. */
  thawSource(input: ThawSourceInput): Promise<ThawedSource>;
}
