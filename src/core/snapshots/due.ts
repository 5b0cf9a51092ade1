import { CALENDAR_KINDS, type CalendarKind, type KnownSnapshot, type SnapshotRule } from './snapshots.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** 1970-01-05 was a Monday: counted from there, periods of whole weeks begin with ISO weeks, those that divide a day at midnight. */
const MONDAY_MS = 4 * DAY_MS;

/**
 * The kinds of which a snapshot is due of the backup taken at `timeMs`: those that have none yet of the period of UTC that the backup lies in. It is the clock that
 * decides, not the number of runs: a second run in the same period makes none, and a host that was away for a month gets one.
 *
 * Snapshots of later times than the backup do not count: the clock was ahead when they were made. Damaged ones do not count either.
 */
export function dueKinds(
  rules: readonly SnapshotRule[],
  snapshots: readonly KnownSnapshot[],
  timeMs: number,
): string[] {
  return rules
    .filter((rule) => {
      const period = periodOf(rule, timeMs);
      return !snapshots.some(
        (one) =>
          one.kind === rule.kind &&
          one.state !== 'damaged' &&
          one.timeMs <= timeMs &&
          periodOf(rule, one.timeMs) === period,
      );
    })
    .map(({ kind }) => kind);
}

/** The period of UTC that a time lies in, as a number that rises with it. */
export function periodOf({ kind, intervalMs }: SnapshotRule, timeMs: number): number {
  if (intervalMs !== undefined) return Math.floor((timeMs - MONDAY_MS) / intervalMs);
  if (!isCalendarKind(kind)) throw new RangeError(`a rule for ${kind} needs an interval`);
  return CALENDAR[kind](timeMs);
}

export const isCalendarKind = (kind: string): kind is CalendarKind =>
  (CALENDAR_KINDS as readonly string[]).includes(kind);

const CALENDAR: Readonly<Record<CalendarKind, (timeMs: number) => number>> = {
  hourly: (timeMs) => Math.floor(timeMs / HOUR_MS),
  daily: (timeMs) => Math.floor(timeMs / DAY_MS),
  weekly: (timeMs) => Math.floor((timeMs - MONDAY_MS) / (7 * DAY_MS)),
  monthly: (timeMs) => new Date(timeMs).getUTCFullYear() * 12 + new Date(timeMs).getUTCMonth(),
  yearly: (timeMs) => new Date(timeMs).getUTCFullYear(),
};

/** The kind of a rule that names none: `every-6h`, in the largest unit that fits. */
export function kindOfInterval(intervalMs: number): string {
  const seconds = Math.round(intervalMs / 1000);
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['s', 1];
  return `every-${seconds / size}${unit}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
];
