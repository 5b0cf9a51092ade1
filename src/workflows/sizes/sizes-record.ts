import { setCurrentDetails } from '@temporalio/workflow';
import type { Failure } from '../../core/failures.js';
import type { SourceTotals } from '../../core/history/size-records.js';
import type { MeasuredSize } from '../../core/sizes/sizes.js';
import type { Status } from '../../core/statuses.js';
import type {
  MeasureSizesInput,
  MeasureSizesProgress,
  MeasureSizesResult,
  MeasureSizesState,
  SizeCounts,
} from '../messages.js';
import { firstThatFit } from '../payload-budget.js';

const BYTES_AT_MOST = { sizes: 24 * 1024, totals: 16 * 1024 };
const SIZES_AT_MOST = 200;
const FAILURES_AT_MOST = 50;

export const NO_SIZES: SizeCounts = { measured: 0, partial: 0, failed: 0, leftOut: 0 };

/** What is known of a host's sizes so far: answers its query, is carried on, and becomes its result. */
export interface SizesRecord {
  doing(what: string): void;
  measured(size: MeasuredSize): void;
  /** All of a source has been measured, as far as there is anything. */
  measuredSource(totals: SourceTotals): void;
  failed(reason: Failure): void;
  /** More than are measured. */
  leftOut(count: number): void;
  sourceDone(): void;
  /** The host as a whole could not be done, or not to its end. */
  stop(reason: Failure): void;
  readonly progress: () => MeasureSizesProgress;
  state(): MeasureSizesState;
  result(): MeasureSizesResult;
}

export function openSizesRecord({ host, carried }: MeasureSizesInput): SizesRecord {
  let doing = '';
  let stopped: Failure | undefined;
  let state: MeasureSizesState = carried ?? {
    startedAtMs: Date.now(),
    sourcesDone: 0,
    counts: NO_SIZES,
    sizes: [],
    failures: [],
  };
  const count = (news: Partial<SizeCounts>): void => {
    state = { ...state, counts: sumOfSizes(state.counts, { ...NO_SIZES, ...news }) };
  };
  const largest = (): readonly MeasuredSize[] => firstThatFit(state.sizes, BYTES_AT_MOST.sizes);

  return {
    doing: (what) => {
      doing = what;
      setCurrentDetails(`${countsText(state.counts)}\n\n${what}`);
    },
    measured: (size) => {
      count({ measured: 1, partial: size.complete ? 0 : 1 });
      const sizes = [...state.sizes, size].sort((a, b) => b.totalBytes - a.totalBytes);
      state = { ...state, sizes: sizes.slice(0, SIZES_AT_MOST) };
    },
    measuredSource: (totals) => {
      if (totals.kinds.length === 0) return;
      state = { ...state, totals: firstThatFit([...(state.totals ?? []), totals], BYTES_AT_MOST.totals) };
    },
    failed: (reason) => {
      count({ failed: 1 });
      state = { ...state, failures: [...state.failures, reason].slice(0, FAILURES_AT_MOST) };
    },
    leftOut: (more) => count({ leftOut: more }),
    sourceDone: () => {
      state = { ...state, sourcesDone: state.sourcesDone + 1 };
    },
    stop: (reason) => {
      stopped = reason;
    },
    progress: () => ({ host, doing, counts: state.counts, sizes: largest() }),
    state: () => ({ ...state, sizes: largest() }),
    result: () => ({
      kind: 'measure-sizes',
      host,
      status: stopped === undefined ? statusOfSizes(state.counts) : statusOfStop(stopped),
      ...(stopped === undefined ? {} : { failure: stopped }),
      counts: state.counts,
      sizes: largest(),
      totals: state.totals ?? [],
      failures: state.failures,
      startedAtMs: state.startedAtMs,
      durationMs: Date.now() - state.startedAtMs,
    }),
  };
}

export const sumOfSizes = (one: SizeCounts, other: SizeCounts): SizeCounts => ({
  measured: one.measured + other.measured,
  partial: one.partial + other.partial,
  failed: one.failed + other.failed,
  leftOut: one.leftOut + other.leftOut,
});

export const statusOfSizes = ({ partial, failed, leftOut }: SizeCounts): Status =>
  failed > 0 ? 'failed' : partial + leftOut > 0 ? 'warning' : 'ok';

export const statusOfStop = ({ type }: Failure): Status => (type === 'Cancelled' ? 'cancelled' : 'failed');

const countsText = ({ measured, partial, failed }: SizeCounts): string =>
  `${measured} measured, ${partial} of them partial, ${failed} failed`;
