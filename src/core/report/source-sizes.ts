import type { SizeRecord } from '../history/records.js';
import type { SourceReport } from './source-report.js';
import { dayOf, dayStartMs, DAY_MS, eachDay, type ReportWindow } from './window.js';

/** A size on each day, as last measured by its end; null: not measured yet. */
export type SizeLine = readonly (number | null)[];

/** How much room a source's copies took, day by day. */
export interface SourceSizes {
  readonly figures: Pick<SourceReport, 'sizeBytes' | 'grownBytes' | 'snapshotBytes'>;
  readonly lines: readonly { readonly destination: string; readonly bytes: SizeLine }[];
}

/** All that was measured of a source's mirror, or of its archives, at one destination. */
interface Copies {
  readonly destination: string;
  /** Oldest first. */
  readonly measured: readonly SizeRecord[];
}

/**
 * Mirrors and archives count whole. Snapshots share their blocks with the mirror: of them only what nothing else holds can be added up.
 * A figure that is not complete counts only where there is none that is.
 *
 * @param records of this source, in any order, also from before the window; one may stand there twice
 */
export function sourceSizes(records: readonly SizeRecord[], window: ReportWindow): SourceSizes {
  const known = records
    .filter(({ atMs }) => atMs <= window.untilMs)
    .sort((one, other) => one.atMs - other.atMs || (one.id < other.id ? -1 : 1));
  const copies = copiesOf(known.filter(({ of }) => of !== 'snapshot'));
  const snapshotBytes = known.findLast(({ of }) => of === 'snapshot')?.exclusiveBytes;
  return {
    figures: {
      ...(copies.length === 0
        ? {}
        : { sizeBytes: sum(copies.map(({ measured }) => measured.at(-1)?.totalBytes ?? 0)) }),
      ...growthOf(copies, window),
      ...(snapshotBytes === undefined ? {} : { snapshotBytes }),
    },
    lines: copies.map(({ destination, measured }) => ({ destination, bytes: lineOf(measured, window) })),
  };
}

function copiesOf(known: readonly SizeRecord[]): Copies[] {
  const places = new Map(known.map(({ of, destination }) => [`${of} ${destination}`, { of, destination }]));
  return [...places.values()].map(({ of, destination }) => {
    const all = known.filter((other) => other.of === of && other.destination === destination);
    const complete = all.filter((one) => one.complete);
    return { destination, measured: complete.length > 0 ? complete : all };
  });
}

const lineOf = (measured: readonly SizeRecord[], window: ReportWindow): SizeLine =>
  eachDay(
    window,
    (day) => measured.findLast(({ atMs }) => atMs < dayStartMs(window, day) + DAY_MS)?.totalBytes ?? null,
  );

function growthOf(copies: readonly Copies[], window: ReportWindow): Pick<SourceReport, 'grownBytes'> {
  const growths = copies
    .map(({ measured }) => measured.filter(({ atMs }) => dayOf(window, atMs) !== undefined))
    .filter((within) => new Set(within.map(({ atMs }) => atMs)).size > 1)
    .map((within) => (within.at(-1)?.totalBytes ?? 0) - (within[0]?.totalBytes ?? 0));
  return growths.length === 0 ? {} : { grownBytes: sum(growths) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
