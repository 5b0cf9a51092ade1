import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backupId } from '../../../src/core/ids.js';
import {
  decideRetention,
  type KeepRules,
  type KeptOrNot,
  type RetentionPolicy,
  type Verdict,
} from '../../../src/core/retention/retention.js';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 21, 12);

const policy = (keep: KeepRules, news: Partial<RetentionPolicy> = {}): RetentionPolicy => ({
  keep,
  minimum: 1,
  graceMs: 0,
  ...news,
});
const full = (hoursAgo: number, news: Partial<KeptOrNot> = {}): KeptOrNot => {
  const id = backupId(NOON - hoursAgo * HOUR_MS, 0);
  return { id, chain: [id], state: 'good', pinned: false, ...news };
};
const gone = (verdicts: readonly Verdict[]): string[] => verdicts.filter(({ goes }) => goes).map(({ id }) => id);

/** Histories of chains, as a source's are: each backup a new level 0 or on one of the chain before it. */
const histories: fc.Arbitrary<KeptOrNot[]> = fc
  .array(
    fc.record({
      hoursLater: fc.integer({ min: 1, max: 400 }),
      link: fc.constantFrom('new', 'next', 'next', 'next', 'again'),
      state: fc.constantFrom('good' as const, 'good' as const, 'flawed' as const, 'unreadable' as const),
      pinned: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let timeMs = Date.UTC(2024, 0, 1);
    let chain: string[] = [];
    return steps.map(({ hoursLater, link, state, pinned }) => {
      timeMs += hoursLater * HOUR_MS;
      // `again`: on the parent of the last one, as always_level does.
      const below = link === 'new' ? [] : link === 'again' ? chain.slice(0, -1) : chain;
      const id = backupId(timeMs, below.length);
      chain = [...below, id];
      return { id, chain: state === 'unreadable' ? [] : chain, state, pinned };
    });
  });
const count = fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined });
const policies: fc.Arbitrary<RetentionPolicy> = fc
  .record({
    last: count,
    hourly: count,
    daily: count,
    weekly: count,
    monthly: count,
    yearly: count,
    withinMs: fc.option(
      fc.integer({ min: 1, max: 2_000 }).map((hours) => hours * HOUR_MS),
      { nil: undefined },
    ),
    minimum: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ minimum, ...rules }) =>
    policy(Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)), { minimum }),
  );

const always = (check: (backups: KeptOrNot[], rules: RetentionPolicy, verdicts: Map<string, Verdict>) => void): void =>
  fc.assert(
    fc.property(histories, policies, (backups, rules) => {
      check(backups, rules, new Map(decideRetention(backups, rules).map((verdict) => [verdict.id, verdict])));
    }),
    { numRuns: 3_000 },
  );

describe('for any history and any rules', () => {
  test('everything that a backup which stays is built on stays', () => {
    always((backups, _rules, verdicts) => {
      for (const { id, chain } of backups)
        if (!verdicts.get(id)?.goes) for (const link of chain) expect(verdicts.get(link)?.goes).toBe(false);
    });
  });

  test('the newest good backup, the newest usable one, pinned and unreadable ones stay', () => {
    always((backups, _rules, verdicts) => {
      const stay = [
        backups.findLast(({ state }) => state === 'good'),
        backups.findLast(({ state }) => state !== 'unreadable'),
        ...backups.filter(({ pinned, state }) => pinned || state === 'unreadable'),
      ];
      for (const backup of stay) if (backup) expect(verdicts.get(backup.id)?.goes).toBe(false);
    });
  });

  test('flawed backups push out no good one', () => {
    always((backups, rules, verdicts) => {
      const withoutFlawed = decideRetention(
        backups.filter(({ state }) => state === 'good'),
        rules,
      );
      for (const { id, goes } of withoutFlawed) if (!goes) expect(verdicts.get(id)?.goes).toBe(false);
    });
  });

  test('what stays has a reason, what goes has none, and the order is from the newest on', () => {
    always((backups, _rules, verdicts) => {
      for (const { keptBy, neededBy, goes } of verdicts.values())
        expect(goes).toBe(keptBy.length === 0 && neededBy === undefined);
      expect([...verdicts.keys()]).toEqual(backups.map(({ id }) => id).reverse());
    });
  });

  test('once what goes is gone, the same rules let nothing more go', () => {
    always((backups, rules, verdicts) => {
      const left = backups.filter(({ id }) => !verdicts.get(id)?.goes);
      const again = decideRetention(left, rules).filter(({ goes }) => goes);
      expect(again).toEqual([]);
    });
  });
});

test('without rules nothing goes', () => {
  const verdicts = decideRetention([full(0), full(9_000)], undefined);
  expect(gone(verdicts)).toEqual([]);
  expect(verdicts[1]?.keptBy).toEqual(['no keep rules']);
});

test('empty rules keep the minimum', () => {
  const backups = [full(3), full(2), full(1), full(0)];
  expect(gone(decideRetention(backups, policy({}))).length).toBe(3);
  expect(gone(decideRetention(backups, policy({}, { minimum: 3 })))).toEqual([full(3).id]);
});

test('each backup is shown with all rules that keep it, or the one that needs it', () => {
  const [a, b, c] = [backupId(NOON - 72 * HOUR_MS, 0), backupId(NOON - 48 * HOUR_MS, 1), backupId(NOON, 2)];
  const backups: KeptOrNot[] = [
    full(100, { pinned: true }),
    { id: a, chain: [a], state: 'good', pinned: false },
    { id: b, chain: [a, b], state: 'flawed', pinned: false },
    { id: c, chain: [a, b, c], state: 'good', pinned: false },
    full(99),
  ];
  expect(decideRetention(backups, policy({ last: 1, daily: 1 }))).toEqual([
    { id: c, keptBy: ['minimum', 'last', 'daily'], goes: false },
    { id: b, keptBy: [], neededBy: c, goes: false },
    { id: a, keptBy: [], neededBy: c, goes: false },
    { id: full(99).id, keptBy: [], goes: true },
    { id: full(100).id, keptBy: ['pinned'], goes: false },
  ]);
});

test('a backup that cannot be read protects what it may be built on', () => {
  const [base, middle] = [full(30), full(20)];
  const unreadable: KeptOrNot = { id: backupId(NOON - 10 * HOUR_MS, 3), chain: [], state: 'unreadable', pinned: false };
  const verdicts = decideRetention([full(40), base, middle, unreadable, full(0)], policy({}));
  expect(gone(verdicts)).toEqual([base.id, full(40).id]);
  expect(verdicts[2]).toEqual({ id: middle.id, keptBy: [], neededBy: unreadable.id, goes: false });
});
