import { expect, test } from 'vitest';
import { backupId } from '../../../src/core/ids.js';
import { findPruneDoubt, type PruneLook } from '../../../src/core/retention/doubt.js';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 86_400_000;
/** So many days' full backups, oldest first, the newest a day old. */
const fulls = (count: number) =>
  Array.from({ length: count }, (_, at) => {
    const id = backupId(NOW - (count - at) * DAY_MS, 0);
    return { id, chain: [id] };
  });
const look = (news: Partial<PruneLook> & { going?: number } = {}): PruneLook => {
  const backups = news.backups ?? fulls(20);
  const newlyGoing = backups.slice(0, news.going ?? 0).map(({ id }) => id);
  return { nowMs: NOW, backups, newlyGoing, markedAtMs: [], ...news };
};

test.each([
  [20, 10, false],
  [20, 11, true],
  [4, 3, false],
  [5, 4, true],
  [1, 0, false],
  [0, 0, false],
])('of %i backups %i at once are a jump: %s', (count, going, isJump) => {
  expect(findPruneDoubt(look({ backups: fulls(count), going })) !== undefined).toBe(isJump);
});

test('a whole chain may go at once, one more backup may not', () => {
  const chain = fulls(14).map(({ id }) => id);
  const backups = [...chain.map((id, at) => ({ id, chain: chain.slice(0, at + 1) })), ...fulls(3)];
  expect(findPruneDoubt(look({ backups, going: 14 }))).toBeUndefined();
  expect(findPruneDoubt(look({ backups, going: 15 }))).toContain('15 of 17 backups would go at once');
});

test.each([
  ['a backup', { backups: [{ id: backupId(NOW + 2 * 60_000, 0), chain: [] }] }],
  ['the last prune', { lastPruneMs: NOW + 2 * 60_000 }],
  ['a mark', { markedAtMs: [NOW - DAY_MS, NOW + 2 * 60_000] }],
] satisfies [string, Partial<PruneLook>][])('a clock that is behind %s by two minutes is a doubt', (_, news) => {
  expect(findPruneDoubt(look(news))).toMatch(/^the worker’s clock says 2026-11-21T12:00:00/);
});

test('clocks of several workers may differ by a minute', () => {
  const backups = [{ id: backupId(NOW + 60_000, 0), chain: [] }];
  expect(findPruneDoubt(look({ backups, lastPruneMs: NOW + 60_000, markedAtMs: [NOW + 60_000] }))).toBeUndefined();
});
