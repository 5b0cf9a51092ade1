import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deletionAllowance, findDoubt, type GuardInput } from '../../src/core/guard.js';

const look = (more: Partial<GuardInput>): GuardInput => ({
  previousEntries: 100,
  entries: 100,
  deletions: 0,
  firstDeleted: [],
  maxDeletePercent: 50,
  ...more,
});

describe('the guard', () => {
  test.each([
    [0, 50, undefined],
    [1, 50, undefined],
    [49, 50, undefined],
    [50, 50, undefined],
    [51, 50, 'too-many-deletions'],
    [100, 50, 'too-many-deletions'],
    [0, 0, undefined],
    [1, 0, 'too-many-deletions'],
    [100, 100, undefined],
    [101, 100, 'too-many-deletions'],
    [19, 19, undefined],
    [20, 19, 'too-many-deletions'],
    [33, 33, undefined],
  ])('%i deletions of 100 entries at a limit of %i %%: %s', (deletions, maxDeletePercent, reason) => {
    expect(findDoubt(look({ deletions, maxDeletePercent }))?.reason).toBe(reason);
  });

  test.each([
    [3, 1, undefined],
    [3, 2, 'too-many-deletions'],
    [7, 3, undefined],
    [7, 4, 'too-many-deletions'],
  ])('of %i entries %i deletions at 50 %%: %s', (previousEntries, deletions, reason) => {
    expect(findDoubt(look({ previousEntries, deletions }))?.reason).toBe(reason);
  });

  test('says how many of how many, what is allowed, and which names', () => {
    const firstDeleted = ['a', 'b', 'c', 'd'];
    expect(findDoubt(look({ deletions: 60, firstDeleted }))).toEqual({
      reason: 'too-many-deletions',
      message: '60 of 100 entries would be deleted (60 %), max_delete allows 50 %: a, b, c, …',
      firstNames: firstDeleted,
    });
    expect(findDoubt(look({ previousEntries: 3, deletions: 2, firstDeleted: ['a', 'b'] }))?.message).toBe(
      '2 of 3 entries would be deleted (66.7 %), max_delete allows 50 %: a, b',
    );
  });

  test.each([
    [1, 100, 'source-empty'],
    [0, 100, 'source-empty'],
    [1, 2, 'source-empty'],
    [1, 1, undefined],
    [1, 0, undefined],
    [2, 100, undefined],
  ])('%i entries now, %i before: %s', (entries, previousEntries, reason) => {
    expect(findDoubt(look({ entries, previousEntries }))?.reason).toBe(reason);
  });

  test('an empty source is doubtful whatever may be deleted', () => {
    expect(findDoubt(look({ entries: 1, deletions: 99, maxDeletePercent: 100 }))).toMatchObject({
      reason: 'source-empty',
      message: 'the source is empty, the last backup had 100 entries (is its file system mounted?)',
    });
  });

  test('a missing source is doubtful only when there was a backup', () => {
    expect(findDoubt(look({ sourceState: 'missing' }))?.reason).toBe('source-missing');
    expect(findDoubt(look({ sourceState: 'missing', previousEntries: 0 }))).toBeUndefined();
    expect(findDoubt(look({ sourceState: 'directory' }))).toBeUndefined();
  });

  test('a first backup is never doubtful', () => {
    expect(findDoubt(look({ previousEntries: 0, entries: 0, deletions: 1000, maxDeletePercent: 0 }))).toBeUndefined();
  });

  const entries = fc.integer({ min: 2, max: 10_000_000 });
  const percent = fc.integer({ min: 0, max: 100 });

  test('what it allows is never doubtful, one more always is', () => {
    fc.assert(
      fc.property(entries, percent, (previousEntries, maxDeletePercent) => {
        const at = look({ previousEntries, maxDeletePercent, entries: 2 });
        const allowed = deletionAllowance(at, false) as number;
        expect(findDoubt({ ...at, deletions: allowed })).toBeUndefined();
        expect(findDoubt({ ...at, deletions: allowed + 1 })?.reason).toBe('too-many-deletions');
      }),
    );
  });

  test('a higher limit never makes a doubt, more deletions never remove one', () => {
    fc.assert(
      fc.property(entries, percent, percent, fc.nat(), fc.nat(), (previousEntries, a, b, deletions, more) => {
        const at = look({ previousEntries, entries: 2, deletions, maxDeletePercent: Math.min(a, b) });
        if (findDoubt(at) === undefined) expect(findDoubt({ ...at, maxDeletePercent: Math.max(a, b) })).toBeUndefined();
        else expect(findDoubt({ ...at, deletions: deletions + more })).toBeDefined();
      }),
    );
  });

  test('approval allows what was looked at and no more, nothing is limited without a backup', () => {
    expect(deletionAllowance(look({ deletions: 80 }), true)).toBe(80);
    expect(deletionAllowance(look({ deletions: 10 }), true)).toBe(50);
    expect(deletionAllowance(look({ deletions: 80 }), false)).toBe(50);
    expect(deletionAllowance(look({ previousEntries: 0 }), false)).toBeUndefined();
  });
});
