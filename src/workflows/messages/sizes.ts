/** Workflows that measure how much room copies take. See messages.ts. */
import type { QueryDefinition } from '@temporalio/common';
import type { ListSizesInput, ListSizesResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { SourceTotals } from '../../core/history/size-records.js';
import type { Selection } from '../../core/plan.js';
import type { MeasuredSize } from '../../core/sizes/sizes.js';
import type { Status } from '../../core/statuses.js';

// ---- scanSizes --------------------------------------------------------------------------------------------------

export interface ScanSizesInput {
  readonly configPath: string;
  readonly selection: Selection;
  /** For each directory, and for the archives of each source. */
  readonly limitMs: number;
  /** What an earlier execution hands to the next one; clients leave it out. */
  readonly carried?: ScanSizesState;
}

export interface SizeCounts {
  readonly measured: number;
  /** Of those: with figures that are not complete. */
  readonly partial: number;
  readonly failed: number;
  /** Snapshots beyond the first thousand of a source. */
  readonly leftOut: number;
}

export interface HostSizes {
  readonly host: string;
  /** `warning`: some figures are partial. */
  readonly status: Status;
  readonly failure?: Failure;
  readonly counts: SizeCounts;
}

export interface ScanSizesState {
  readonly startedAtMs: number;
  /** Also the position in the configuration's list of hosts. */
  readonly hostsDone: number;
  readonly counts: SizeCounts;
  /** Worst first, as many as fit, at most 200. */
  readonly hosts: readonly HostSizes[];
}

export interface ScanSizesResult {
  readonly kind: 'scan-sizes';
  readonly status: Status;
  readonly failure?: Failure;
  readonly counts: SizeCounts;
  readonly hosts: readonly HostSizes[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface ScanSizesProgress {
  readonly hostsTotal: number;
  readonly hostsDone: number;
  readonly counts: SizeCounts;
  readonly running: readonly { readonly host: string; readonly workflowId: string }[];
  /** Those that ended, worst first. */
  readonly hosts: readonly HostSizes[];
}

// ---- measureSizes -----------------------------------------------------------------------------------------------

export interface MeasureSizesInput {
  readonly configPath: string;
  readonly host: string;
  readonly selection: Selection;
  readonly limitMs: number;
  /** What an earlier execution hands to the next one; clients leave it out. */
  readonly carried?: MeasureSizesState;
}

export interface MeasureSizesState {
  readonly startedAtMs: number;
  readonly sourcesDone: number;
  readonly counts: SizeCounts;
  /** The largest, as many as fit; the catalog has them all. */
  readonly sizes: readonly MeasuredSize[];
  /** Of the sources that are done, as history was told of them, as many as fit. Absent in what older versions left. */
  readonly totals?: readonly SourceTotals[];
  /** At most 50. */
  readonly failures: readonly Failure[];
}

export interface MeasureSizesResult {
  readonly kind: 'measure-sizes';
  readonly host: string;
  readonly status: Status;
  readonly failure?: Failure;
  readonly counts: SizeCounts;
  readonly sizes: readonly MeasuredSize[];
  readonly totals?: readonly SourceTotals[];
  readonly failures: readonly Failure[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface MeasureSizesProgress {
  readonly host: string;
  /** What is being measured, for people: `www: snapshot 20261121T042200Z-daily`. */
  readonly doing: string;
  readonly counts: SizeCounts;
  /** The largest so far. */
  readonly sizes: readonly MeasuredSize[];
}

export const scanSizesProgressQuery = { type: 'query', name: 'progress' } as QueryDefinition<ScanSizesProgress>;
export const measureSizesProgressQuery = { type: 'query', name: 'progress' } as QueryDefinition<MeasureSizesProgress>;

// ---- listSizes --------------------------------------------------------------------------------------------------

export type ListSizesWorkflowInput = ListSizesInput;
export type ListSizesWorkflowResult = ListSizesResult;
