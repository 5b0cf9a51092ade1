import { DAY_MS, dayStartMs, type ReportWindow } from '../../core/report/window.js';
import { dayText } from '../reports/report-words.js';

/** One day, or some that follow each other: what has a column of its own. */
export interface Period {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** `2026-11-21`, `2026-11-15 to 2026-11-21` */
  readonly name: string;
}

/** So many columns can still be told apart on a telephone. */
const COLUMNS = 62;

/** The days of a window, or as many of them to a column as makes few enough; the last column ends with the last day. */
export function periodsOf(window: ReportWindow): Period[] {
  const days = Math.ceil(window.days / COLUMNS);
  const count = Math.ceil(window.days / days);
  return Array.from({ length: count }, (_, index) => {
    const to = window.days - (count - 1 - index) * days;
    return period(window, Math.max(0, to - days), to);
  });
}

function period(window: ReportWindow, from: number, to: number): Period {
  const first = dayStartMs(window, from);
  const last = dayStartMs(window, to) - DAY_MS;
  const name = first === last ? dayText(first) : `${dayText(first)} to ${dayText(last)}`;
  return { from, to, name };
}

/** What the axis of days begins and ends with: `23 Oct` and `21 Nov`, with years where they are not the same; of one day only that. */
export function endsOf(window: ReportWindow): readonly [string, string | undefined] {
  const [first, last] = [dayStartMs(window, 0), dayStartMs(window, window.days - 1)].map((atMs) => new Date(atMs)) as [
    Date,
    Date,
  ];
  const year = (day: Date): string =>
    first.getUTCFullYear() === last.getUTCFullYear() ? '' : ` ${day.getUTCFullYear()}`;
  const label = (day: Date): string => `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}${year(day)}`;
  return [label(first), window.days === 1 ? undefined : label(last)];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What one column is called: a day or several. */
export const periodWord = ([first]: readonly Period[]): string => {
  const days = first === undefined ? 1 : first.to - first.from;
  return days === 1 ? 'day' : `${days} days`;
};

/** Sums of a period's days. */
export const sumsOf = (periods: readonly Period[], values: readonly number[]): number[] =>
  periods.map(({ from, to }) => values.slice(from, to).reduce((sum, value) => sum + value, 0));

/** What was known last in a period. */
export const lastOf = (periods: readonly Period[], values: readonly (number | null)[]): (number | null)[] =>
  periods.map(({ from, to }) => values.slice(from, to).findLast((value) => value !== null) ?? null);
