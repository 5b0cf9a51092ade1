import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueKinds, kindOfInterval, periodOf } from '../../../src/core/snapshots/due.js';
import { identityProblem, isSame, readSubvolume, type CopyIdentity } from '../../../src/core/snapshots/identity.js';
import { isSnapshotKind, parseSnapshotName, snapshotName } from '../../../src/core/snapshots/names.js';
import { decideSnapshots } from '../../../src/core/snapshots/retention.js';
import type { KnownSnapshot, SnapshotRule } from '../../../src/core/snapshots/snapshots.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(`${text}Z`);
const snapshot = (timeMs: number, kind = 'daily', news: Partial<KnownSnapshot> = {}): KnownSnapshot => ({
  name: snapshotName({ timeMs, kind }),
  ...{ kind, timeMs, state: 'good', pinned: false, inUse: false },
  ...news,
});

describe('names', () => {
  test('carry the time of the backup and the kind, and are read back', () => {
    const name = snapshotName({ timeMs: at('2026-11-21T04:22:00'), kind: 'every-6h' });
    expect(name).toBe('20261121T042200Z-every-6h');
    expect(parseSnapshotName(name)).toEqual({ timeMs: at('2026-11-21T04:22:00'), kind: 'every-6h' });
  });

  test.each(['20261121T042200Z', '20261321T042200Z-daily', '20261121T042200Z-Daily', '20261121T042200Z-', '../x', 'x'])(
    '%s is none',
    (name) => expect(parseSnapshotName(name)).toBeUndefined(),
  );

  test.each([
    [6 * HOUR_MS, 'every-6h'],
    [90 * 60_000, 'every-90m'],
    [DAY_MS, 'every-1d'],
    [14 * DAY_MS, 'every-2w'],
    [61_000, 'every-61s'],
  ])('an interval of %d ms is called %s, which may be a kind', (interval, kind) => {
    expect(kindOfInterval(interval)).toBe(kind);
    expect(isSnapshotKind(kind)).toBe(true);
  });
});

describe('what is due', () => {
  const daily: SnapshotRule = { kind: 'daily', count: 7 };

  test('one of each day of UTC, with its first backup', () => {
    const done = [snapshot(at('2026-11-21T02:00:00'))];
    expect(dueKinds([daily], [], at('2026-11-21T02:00:00'))).toEqual(['daily']);
    expect(dueKinds([daily], done, at('2026-11-21T23:59:59'))).toEqual([]);
    expect(dueKinds([daily], done, at('2026-11-22T00:00:00'))).toEqual(['daily']);
  });

  test('an interval divides the day from midnight, the week from Monday', () => {
    const rule = { kind: 'hourly', count: 6, intervalMs: 4 * HOUR_MS };
    const done = [snapshot(at('2026-11-21T04:10:00'), 'hourly')];
    expect(dueKinds([rule], done, at('2026-11-21T07:59:59'))).toEqual([]);
    expect(dueKinds([rule], done, at('2026-11-21T08:00:00'))).toEqual(['hourly']);
    const weeks = { kind: 'weekly', count: 4, intervalMs: 7 * DAY_MS };
    for (const rule of [weeks, { kind: 'weekly', count: 4 }])
      expect(periodOf(rule, at('2026-11-23T00:00:00')) - periodOf(rule, at('2026-11-22T23:59:59'))).toBe(1);
  });

  test('months and years are those of the calendar', () => {
    expect(
      periodOf({ kind: 'monthly', count: 1 }, at('2026-03-01T00:00:00')) -
        periodOf({ kind: 'monthly', count: 1 }, at('2026-02-28T23:59:59')),
    ).toBe(1);
    expect(
      periodOf({ kind: 'yearly', count: 1 }, at('2027-01-01T00:00:00')) -
        periodOf({ kind: 'yearly', count: 1 }, at('2026-01-01T00:00:00')),
    ).toBe(1);
  });

  test('a damaged one is made anew, and so is one whose time lies ahead: the clock was wrong', () => {
    const now = at('2026-11-21T12:00:00');
    expect(dueKinds([daily], [snapshot(now - HOUR_MS, 'daily', { state: 'damaged' })], now)).toEqual(['daily']);
    expect(dueKinds([daily], [snapshot(now + 365 * DAY_MS)], now)).toEqual(['daily']);
  });

  test('however the clock jumps, a period gets a second one only of an older backup: the clock was set back', () => {
    const jumps = fc.array(fc.integer({ min: -40 * HOUR_MS, max: 40 * HOUR_MS }), { maxLength: 60 });
    const rules: SnapshotRule[] = [daily, { kind: 'hourly', count: 6, intervalMs: 4 * HOUR_MS }];
    fc.assert(
      fc.property(jumps, (steps) => {
        let timeMs = at('2026-11-21T12:00:00');
        const known: KnownSnapshot[] = [];
        for (const step of steps) {
          timeMs += step;
          for (const kind of dueKinds(rules, known, timeMs)) known.push(snapshot(timeMs, kind));
        }
        for (const rule of rules) {
          const made = known.filter(({ kind }) => kind === rule.kind);
          const again = new Map<number, number[]>();
          for (const { timeMs: of } of made) {
            const period = periodOf(rule, of);
            again.set(period, [...(again.get(period) ?? []), of]);
          }
          // A second one of a period is older than the first: the clock had been set back in between.
          for (const times of again.values()) expect(times).toEqual([...times].sort((a, b) => b - a));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what stays', () => {
  const kinds = ['hourly', 'daily', 'weekly', 'every-6h', 'manual', 'forgotten'] as const;
  const ruled = kinds.slice(0, 4);
  const history = fc.uniqueArray(
    fc.record({
      hours: fc.integer({ min: -500, max: 500 }),
      kind: fc.constantFrom(...kinds),
      state: fc.constantFrom('good' as const, 'good' as const, 'flawed' as const, 'damaged' as const),
    }),
    { maxLength: 40, selector: ({ hours, kind }) => `${hours}-${kind}` },
  );
  const sparse = history.map((all) =>
    all.map(({ hours, kind, state }, index) =>
      snapshot(at('2026-11-21T12:00:00') + hours * HOUR_MS, kind, {
        state,
        pinned: index % 7 === 3,
        inUse: index % 11 === 5,
      }),
    ),
  );
  const rules = fc
    .subarray([...ruled], { minLength: 0 })
    .chain((some) =>
      fc.tuple(
        ...some.map((kind) => fc.integer({ min: 1, max: 8 }).map((count) => ({ kind, count, intervalMs: HOUR_MS }))),
      ),
    );
  const last = fc.option(fc.integer({ min: -500, max: 500 }), { nil: undefined });

  test('of 10,000 random histories: never the newest good one, a pinned, a read or a damaged one; and of each kind as many good ones as its rule says', () => {
    fc.assert(
      fc.property(sparse, rules, last, (all, given, hours) => {
        const lastMs = hours === undefined ? undefined : at('2026-11-21T12:00:00') + hours * HOUR_MS;
        const verdicts = new Map(decideSnapshots(all, given, lastMs).map((one) => [one.name, one]));
        expect(verdicts.size).toBe(all.length);
        const gone = all.filter(({ name }) => verdicts.get(name)?.goes === true);
        const stay = all.filter(({ name }) => verdicts.get(name)?.goes === false);

        // Oracle, written from the words of the manual rather than from the code.
        for (const one of gone) {
          expect(one.pinned || one.inUse || one.state === 'damaged' || one.kind === 'manual').toBe(false);
          expect(lastMs !== undefined && one.timeMs > lastMs).toBe(false);
          const rule = given.find(({ kind }) => kind === one.kind);
          const newer = stay.filter((other) => other.kind === one.kind && other.timeMs > one.timeMs);
          const counting = newer.filter(
            ({ state, timeMs }) => state !== 'damaged' && (lastMs === undefined || timeMs <= lastMs),
          );
          if (rule) expect(counting.length).toBeGreaterThanOrEqual(rule.count);
          if (rule && one.state === 'good')
            expect(counting.filter(({ state }) => state === 'good').length).toBeGreaterThanOrEqual(rule.count);
        }
        for (const state of [['good'], ['good', 'flawed']]) {
          const newest = all
            .filter((one) => state.includes(one.state) && (lastMs === undefined || one.timeMs <= lastMs))
            .sort((a, b) => b.timeMs - a.timeMs)[0];
          if (newest) expect(stay.some((one) => one.timeMs === newest.timeMs && state.includes(one.state))).toBe(true);
        }
        for (const { kind, count } of given)
          expect(
            stay.filter(
              (one) => one.kind === kind && one.state !== 'damaged' && (verdicts.get(one.name)?.keptBy.length ?? 0) > 0,
            ).length,
          ).toBeLessThanOrEqual(2 * count);
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  test('removing what goes, and deciding again, removes nothing more', () => {
    fc.assert(
      fc.property(sparse, rules, (all, given) => {
        const stay = (some: readonly KnownSnapshot[]) => {
          const goes = new Set(
            decideSnapshots(some, given)
              .filter((one) => one.goes)
              .map(({ name }) => name),
          );
          return some.filter(({ name }) => !goes.has(name));
        };
        const once = stay(all);
        expect(stay(once)).toEqual(once);
      }),
      { numRuns: 1_000 },
    );
  });

  test('time alone removes nothing: a host that was away for a year has what it had', () => {
    const rule = [{ kind: 'daily', count: 3 }];
    const all = [1, 2, 3].map((day) => snapshot(at('2025-01-01T02:00:00') + day * DAY_MS));
    expect(decideSnapshots(all, rule, at('2026-11-21T02:00:00')).some(({ goes }) => goes)).toBe(false);
  });

  test('without rules everything stays', () => {
    const all = Array.from({ length: 30 }, (_, hour) => snapshot(at('2026-11-21T00:00:00') + hour * HOUR_MS, 'hourly'));
    expect(decideSnapshots(all, undefined).some(({ goes }) => goes)).toBe(false);
  });
});

describe('identities', () => {
  const shown = `snap
\tName: \t\t\tsnap
\tUUID: \t\t\t4607e5bb-a42c-574f-b247-ad8af6a50a9f
\tParent UUID: \t\td11c2dd7-b03a-334b-a651-9fd2433e0ea1
\tReceived UUID: \t\t-
\tSubvolume ID: \t\t258
\tFlags: \t\t\treadonly
\tSnapshot(s):
`;

  test('what btrfs prints of a snapshot is read', () => {
    expect(readSubvolume(shown)).toEqual({
      uuid: '4607e5bb-a42c-574f-b247-ad8af6a50a9f',
      parentUuid: 'd11c2dd7-b03a-334b-a651-9fd2433e0ea1',
      subvolumeId: 258,
    });
  });

  test.each(['', 'ERROR: not a subvolume', 'UUID: x', '\tUUID: \t\t-\n\tSubvolume ID: 5'])(
    '%j is no such output',
    (text) => expect(readSubvolume(text)).toBeUndefined(),
  );

  const made: CopyIdentity = {
    type: 'subvolume',
    fileSystemId: 'abc',
    readOnly: true,
    shown: { uuid: 'u', parentUuid: 'p', subvolumeId: 258 },
  };
  test.each([
    [undefined, 'missing'],
    [{ ...made, fileSystemId: 'abd' }, 'replaced'],
    [{ ...made, shown: { uuid: 'v', parentUuid: 'p', subvolumeId: 258 } }, 'replaced'],
    [{ ...made, shown: { uuid: 'u', parentUuid: 'p', receivedUuid: 'r', subvolumeId: 258 } }, 'replaced'],
    [{ ...made, readOnly: false }, 'writable'],
    [{ type: 'directory', inode: '256' }, 'replaced'],
    [{ type: 'other', what: 'a symbolic link' }, 'replaced'],
  ] as const)('in place of a snapshot, %j is %s', (found, problem) => {
    expect(identityProblem(made, found)?.problem).toBe(problem);
  });

  test('without root’s rights the file system’s id alone tells', () => {
    expect(isSame(made, { type: 'subvolume', fileSystemId: 'abc', readOnly: true })).toBe(true);
    expect(identityProblem(made, made)).toBeUndefined();
  });
});
