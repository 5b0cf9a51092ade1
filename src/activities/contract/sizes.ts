/** The Activities that measure how much room copies take: types only. They read; no backup waits for them. */
import type { HostPlan, Selection, SourcePlan } from '../../core/plan.js';
import type { MeasuredSize, SizeKind, SizeTarget } from '../../core/sizes/sizes.js';

export interface FindSizesInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
}
export interface FindSizesResult {
  /** The mirror first, then its snapshots, newest first. */
  readonly targets: readonly SizeTarget[];
  /** Snapshots beyond the first thousand. */
  readonly leftOut: number;
  /** Of which history still counts some, and there are none any more. Absent: none. */
  readonly gone?: readonly SizeKind[];
}
export interface MeasureSizeInput extends SizeTarget {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  /** Then what has been counted is the figure, and it is named partial. */
  readonly limitMs: number;
}
export interface MeasureSizeResult {
  /** Absent: it is not there any more. */
  readonly size?: MeasuredSize;
}
export interface ListSizesInput {
  readonly configPath: string;
  readonly selection: Selection;
  readonly offset: number;
  readonly limit: number;
}
export interface ListSizesResult {
  /** In the configuration's order; of a source the mirror first, then snapshots, newest first. */
  readonly sizes: readonly MeasuredSize[];
  readonly total: number;
}

export interface SizesActivities {
  /** What there is of a source; the catalog forgets what is gone. Throws what its destination throws. */
  findSizes(input: FindSizesInput): Promise<FindSizesResult>;
  /** Measures one target, and notes it in the catalog at once. */
  measureSize(input: MeasureSizeInput): Promise<MeasureSizeResult>;
  /** The last known figures. Throws CatalogUnavailable. */
  listSizes(input: ListSizesInput): Promise<ListSizesResult>;
}
