import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longestGapMs } from '../../src/config/schedule-gap.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const gapOf = (...cron: string[]) => longestGapMs({ times: { cron, timezone: 'UTC' }, jitterMs: 0 });

describe('the longest time between two starts', () => {
  test.each<[string | readonly string[], number]>([
    ['* * * * *', MINUTE],
    ['*/7 * * * *', 7 * MINUTE],
    ['@hourly', HOUR],
    ['0 9-17 * * *', 16 * HOUR],
    ['30 2 * * *', DAY],
    ['@daily', DAY],
    [['0 2 * * *', '0 14 * * *'], 12 * HOUR],
    // From Friday, 17:00 to Monday, 9:00.
    ['0 9-17 * * 1-5', 64 * HOUR],
    ['* 9-17 * * MON-FRI', 63 * HOUR + MINUTE],
    [['0 22 * * 1-5', '0 10 * * 6,7'], 36 * HOUR],
    ['@weekly', 7 * DAY],
    ['0 0 * * 7', 7 * DAY],
    ['@monthly', 31 * DAY],
    ['0 0 31 * *', 61 * DAY],
    ['0 0 1 */3 *', 92 * DAY],
    ['@yearly', 366 * DAY],
    ['0 0 29 2 *', (4 * 365 + 1) * DAY],
    // Temporal wants both days to match: each Friday the thirteenth, at most fourteen months apart.
    ['0 2 13 * FRI', 427 * DAY],
  ])('%j', (cron, gapMs) => {
    expect(gapOf(...[cron].flat())).toBe(gapMs);
  });

  test('of what never starts there is none', () => {
    expect(gapOf('0 0 31 2,4,6,9,11 *')).toBeUndefined();
    expect(gapOf('0 0 31 2 *', '@daily')).toBe(DAY);
  });

  test('an interval is its own', () => {
    expect(longestGapMs({ times: { everyMs: 6 * HOUR, offsetMs: HOUR }, jitterMs: 0 })).toBe(6 * HOUR);
  });

  test('jitter adds to it, but never more than once', () => {
    const times = { cron: ['0 2 * * *'], timezone: 'UTC' };
    expect(longestGapMs({ times, jitterMs: 10 * MINUTE })).toBe(DAY + 10 * MINUTE);
    expect(longestGapMs({ times: { everyMs: HOUR, offsetMs: 0 }, jitterMs: DAY })).toBe(2 * HOUR);
  });

  test('is that of all starts in the 28 years after which the calendar repeats itself', () => {
    const some = (min: number, max: number, most: number) =>
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: most });
    const days = (min: number, max: number) => fc.option(some(min, max, 5), { nil: undefined });
    const line = fc.record({
      minutes: some(0, 59, 3),
      hours: some(0, 23, 3),
      daysOfMonth: days(1, 31),
      months: days(1, 12),
      weekdays: days(0, 6),
    });
    const text = (values: readonly number[] | undefined): string => values?.join() ?? '*';
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 2 }), (lines) => {
        const starts = new Set<number>();
        const [begin, end] = [Date.UTC(2024, 0, 1), Date.UTC(2052, 0, 1)];
        for (const { minutes, hours, daysOfMonth, months, weekdays } of lines)
          for (let day = begin; day < end; day += DAY) {
            const [, month = 0, date = 0] = new Date(day).toISOString().slice(0, 10).split('-').map(Number);
            // 1970 began on a Thursday.
            const weekday = (day / DAY + 4) % 7;
            if (daysOfMonth?.includes(date) === false || months?.includes(month) === false) continue;
            if (weekdays?.includes(weekday) === false) continue;
            for (const hour of hours) for (const minute of minutes) starts.add(day + hour * HOUR + minute * MINUTE);
          }
        const sorted = [...starts].sort((one, other) => one - other);
        const next = [...sorted.slice(1), (sorted[0] ?? 0) + end - begin];
        const longest = sorted.reduce((most, start, index) => Math.max(most, (next[index] ?? 0) - start), 0);
        const written = lines.map(({ minutes, hours, daysOfMonth, months, weekdays }) =>
          [minutes, hours, daysOfMonth, months, weekdays].map(text).join(' '),
        );
        expect(gapOf(...written)).toBe(sorted.length === 0 ? undefined : longest);
      }),
      { numRuns: 60 },
    );
  });
});
