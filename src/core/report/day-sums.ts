import { sumOfErrors } from '../errors/error-types.js';
import type { SourceRecord } from '../history/records.js';
import type { Status } from '../statuses.js';
import { dayOf, eachDay, type ReportWindow } from './window.js';

/** What all sources together came to on one day. */
export interface DaySums {
  /** How many runs of sources ended so. */
  readonly ended: Readonly<Record<Status, number>>;
  /** Added at destinations. */
  readonly storedBytes: number;
  /** Time that the sources took, one after another: hosts that run at the same time all count. */
  readonly durationMs: number;
  readonly errors: number;
  readonly warnings: number;
}

const NOTHING: DaySums = {
  ended: { ok: 0, warning: 0, skipped: 0, held: 0, cancelled: 0, failed: 0 },
  storedBytes: 0,
  durationMs: 0,
  errors: 0,
  warnings: 0,
};

/** Of all kinds. */
export const errorsIn = ({ errorCounts }: Pick<SourceRecord, 'errorCounts'>): number => sumOfErrors(errorCounts);

/** @param records in any order; those outside the window count nowhere */
export function sumDays(records: readonly SourceRecord[], window: ReportWindow): DaySums[] {
  const days = eachDay(window, () => NOTHING);
  for (const record of records) {
    const day = dayOf(window, record.atMs);
    if (day !== undefined) days[day] = added(days[day] ?? NOTHING, ofOne(record));
  }
  return days;
}

export const addDays = (one: readonly DaySums[], other: readonly DaySums[]): DaySums[] =>
  one.map((day, index) => added(day, other[index] ?? NOTHING));

const ofOne = (record: SourceRecord): DaySums => ({
  ended: { ...NOTHING.ended, [record.status]: 1 },
  storedBytes: record.storedBytes,
  durationMs: record.durationMs,
  errors: errorsIn(record),
  warnings: record.warnings,
});

const added = (one: DaySums, other: DaySums): DaySums => ({
  ended: {
    ok: one.ended.ok + other.ended.ok,
    warning: one.ended.warning + other.ended.warning,
    skipped: one.ended.skipped + other.ended.skipped,
    held: one.ended.held + other.ended.held,
    cancelled: one.ended.cancelled + other.ended.cancelled,
    failed: one.ended.failed + other.ended.failed,
  },
  storedBytes: one.storedBytes + other.storedBytes,
  durationMs: one.durationMs + other.durationMs,
  errors: one.errors + other.errors,
  warnings: one.warnings + other.warnings,
});
