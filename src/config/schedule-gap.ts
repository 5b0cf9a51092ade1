import { cronTimes, type CronTimes } from './cron.js';
import type { SchedulePlan, ScheduleTimes } from './schedule-plan.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/**
 * The longest time between two starts of a schedule, jitter included; undefined when it never starts (`0 0 31 2 *`).
 * Cron is taken by the calendar alone: the hour that summer time takes or adds does not count.
 */
export function longestGapMs({ times, jitterMs }: Pick<SchedulePlan, 'times' | 'jitterMs'>): number | undefined {
  const gapMs = gapOf(times);
  // Temporal never shifts a start beyond the next one.
  return gapMs === undefined ? undefined : gapMs + Math.min(jitterMs, gapMs);
}

function gapOf(times: ScheduleTimes): number | undefined {
  if (!('cron' in times)) return times.everyMs;
  const minutes = longestGapMinutes(times.cron.map(cronTimes));
  return minutes === undefined ? undefined : minutes * MINUTE_MS;
}

/** Goes once through the calendar, day by day: what starts on a day is the same for all days that the same lines take. */
function longestGapMinutes(lines: readonly CronTimes[]): number | undefined {
  const starts = new Map<string, DayOfStarts | undefined>();
  let [first, last, longest]: [number | undefined, number, number] = [undefined, 0, 0];
  const days = daysOfCycle(lines);
  for (let day = 0; day < days; day += 1) {
    const date = new Date(CYCLE_BEGINS_MS + day * DAY_MINUTES * MINUTE_MS);
    const taken = lines.filter((line) => takesDay(line, date));
    const key = taken.map((line) => lines.indexOf(line)).join();
    if (!starts.has(key)) starts.set(key, startsOf(taken));
    const today = starts.get(key);
    if (today === undefined) continue;
    const begin = day * DAY_MINUTES + today.first;
    longest = Math.max(longest, today.longestGap, first === undefined ? 0 : begin - last);
    first ??= begin;
    last = day * DAY_MINUTES + today.last;
  }
  // The cycle begins anew.
  return first === undefined ? undefined : Math.max(longest, first + days * DAY_MINUTES - last);
}

/** Monday. */
const CYCLE_BEGINS_MS = Date.UTC(2001, 0, 1);
const FOUR_YEARS_DAYS = 4 * 365 + 1;

/** From 1901 to 2099 dates come again after four years, and on the same weekdays after seven times as many. */
function daysOfCycle(lines: readonly CronTimes[]): number {
  if (lines.every(({ daysOfMonth, months }) => daysOfMonth.length === 31 && months.length === 12)) return 7;
  return lines.every(({ weekdays }) => weekdays.length === 8) ? FOUR_YEARS_DAYS : 7 * FOUR_YEARS_DAYS;
}

const takesDay = ({ daysOfMonth, months, weekdays }: CronTimes, date: Date): boolean =>
  months.includes(date.getUTCMonth() + 1) &&
  daysOfMonth.includes(date.getUTCDate()) &&
  weekdays.some((weekday) => weekday % 7 === date.getUTCDay());

/** Minutes after midnight. */
interface DayOfStarts {
  readonly first: number;
  readonly last: number;
  readonly longestGap: number;
}

function startsOf(lines: readonly CronTimes[]): DayOfStarts | undefined {
  const minutes = lines.flatMap((line) =>
    line.hours.flatMap((hour) => line.minutes.map((minute) => hour * 60 + minute)),
  );
  const sorted = [...new Set(minutes)].sort((a, b) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const gaps = sorted.slice(1).map((minute, index) => minute - (sorted[index] ?? minute));
  return { first, last, longestGap: Math.max(0, ...gaps) };
}
