import { expect, test } from 'vitest';
import { isStateDue, isTriedAgain, nextLookMs, SOON_MS } from '../../../src/core/metrics/send-times.js';

const NOW = 1_800_000_000_000;
const IDLE = { failures: 0, wasAsked: false, sentSinceState: 0, stateAtMs: NOW };

test('while nothing happens the state is sent every ten minutes', () => {
  expect(nextLookMs(IDLE, NOW)).toBe(600_000);
  expect(isStateDue(IDLE, NOW + 600_000)).toBe(true);
});

test('whoever was told of something looks again once all that could come without a word has come', () => {
  expect(nextLookMs({ ...IDLE, wasAsked: true, sentSinceState: 9 }, NOW)).toBeGreaterThan(SOON_MS);
});

test('while records come the state is sent once a minute', () => {
  const sending = { ...IDLE, sentSinceState: 3 };
  expect(nextLookMs(sending, NOW + 12_000)).toBe(48_000);
  expect(isStateDue(sending, NOW + 59_999)).toBe(false);
  expect(isStateDue(sending, NOW + 60_000)).toBe(true);
  expect(nextLookMs(sending, NOW + 3_600_000)).toBe(1);
});

test('a database that is away is tried again in pauses that grow to a minute', () => {
  const pauses = [1, 2, 3, 6, 7, 8, 5_000].map((failures) => nextLookMs({ ...IDLE, failures, wasAsked: true }, NOW));
  expect(pauses).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
});

test.each([
  ['MetricsUnreachable', true],
  ['CatalogUnavailable', true],
  ['MetricsDenied', false],
  ['MetricsNotFound', false],
  ['MetricsVersion', false],
  ['SecretUnavailable', false],
  ['ConfigInvalid', false],
  ['InternalError', false],
] as const)('after %s it is tried again: %s', (type, again) => {
  expect(isTriedAgain({ type })).toBe(again);
});
