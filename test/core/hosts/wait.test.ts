import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pauseBeforeLook, waitText } from '../../../src/core/hosts/wait.js';

const HOUR_MS = 3_600_000;

/** All pauses of a host that never answers, when looks take no time. */
function pauses(limitMs: number): number[] {
  const all: number[] = [];
  let waitedMs = 0;
  for (let pause = pauseBeforeLook(0, limitMs); pause !== undefined; pause = pauseBeforeLook(waitedMs, limitMs)) {
    all.push(pause);
    waitedMs += pause;
  }
  return all;
}

test('the whole time is used and never exceeded, with a look at its end, and few looks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 * 24 * HOUR_MS }), (limitMs) => {
      const all = pauses(limitMs);
      expect(all.reduce((sum, pause) => sum + pause, 0)).toBeCloseTo(limitMs, 3);
      expect(Math.max(...all)).toBeLessThanOrEqual(1.5 * 15 * 60_000);
      expect(all.length).toBeLessThan(800);
    }),
  );
  expect(pauses(6 * HOUR_MS).length).toBeLessThan(70);
});

test('pauses grow: a host that reboots is met within a minute', () => {
  expect(pauses(HOUR_MS).slice(0, 3)).toEqual([30_000, 30_000, 30_000]);
  const all = pauses(24 * HOUR_MS).slice(0, -1);
  expect(all.every((pause, index) => index === 0 || pause >= (all[index - 1] ?? 0))).toBe(true);
});

test('without time there is no look', () => {
  expect(pauseBeforeLook(0, 0)).toBeUndefined();
  expect(pauseBeforeLook(HOUR_MS, HOUR_MS)).toBeUndefined();
  expect(pauseBeforeLook(HOUR_MS - 100, HOUR_MS)).toBeUndefined();
});

test.each([
  [40_000, '40 s'],
  [12 * 60_000, '12 min'],
  [6 * HOUR_MS + 300_000, '6 h 5 min'],
])('%i ms read as %s', (milliseconds, text) => {
  expect(waitText(milliseconds)).toBe(text);
});
