import { describe, expect, test } from 'vitest';
import type { NewestBackup } from '../../../src/core/archive/levels.js';
import { nextLevel } from '../../../src/core/archive/levels.js';
import type { LevelPolicy } from '../../../src/core/plan.js';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const DEFAULT: LevelPolicy = { noIncremental: false, maxLevel: 14 };
const newest = (level: number, ageDays = level): NewestBackup => ({ level, chainStartedAtMs: NOW - ageDays * DAY });

describe('the next level', () => {
  const table: readonly [string, Partial<LevelPolicy>, NewestBackup | undefined, number][] = [
    ['of a source without backups', {}, undefined, 0],
    ['after a level 0', {}, newest(0), 1],
    ['after a level 13', {}, newest(13), 14],
    ['after the highest level', {}, newest(14), 0],
    ['when the highest level was lowered meanwhile', { maxLevel: 3 }, newest(9), 0],
    ['with max_level 0', { maxLevel: 0 }, newest(0), 0],
    ['with max_level 1 after a level 0', { maxLevel: 1 }, newest(0), 1],
    ['with max_level 1 after a level 1', { maxLevel: 1 }, newest(1), 0],
    ['with no_incremental', { noIncremental: true }, newest(0), 0],
    ['with no_incremental and always_level', { noIncremental: true, alwaysLevel: 2 }, newest(1), 0],
    ['with always_level before it is reached', { alwaysLevel: 2 }, newest(0), 1],
    ['with always_level when it is reached', { alwaysLevel: 2 }, newest(1), 2],
    ['with always_level from then on', { alwaysLevel: 2 }, newest(2), 2],
    ['with always_level far beyond max_level', { alwaysLevel: 20, maxLevel: 3 }, newest(10), 11],
    ['with always_level that was lowered', { alwaysLevel: 1 }, newest(5), 1],
    ['with always_level 0', { alwaysLevel: 0 }, newest(0), 0],
    ['with restart_always_level before its time', { alwaysLevel: 2, restartAlwaysLevelDays: 7 }, newest(2, 6.9), 2],
    ['with restart_always_level at its time', { alwaysLevel: 2, restartAlwaysLevelDays: 7 }, newest(2, 7), 0],
    ['with restart_always_level after its time', { alwaysLevel: 2, restartAlwaysLevelDays: 7 }, newest(1, 30), 0],
    ['with restart_always_level but no always_level', { restartAlwaysLevelDays: 7 }, newest(2, 30), 3],
  ];
  test.each(table)('%s', (_when, policy, last, level) => {
    expect(nextLevel({ ...DEFAULT, ...policy }, last, NOW, false).level).toBe(level);
  });

  test('is 0 whenever a full backup is asked for', () => {
    for (const level of [0, 1, 14]) expect(nextLevel(DEFAULT, newest(level), NOW, true).level).toBe(0);
  });

  test('says why a new chain starts, and nothing else', () => {
    expect(nextLevel(DEFAULT, newest(14), NOW, false).reason).toBe('max_level 14 is reached');
    expect(nextLevel(DEFAULT, newest(3), NOW, false).reason).toBeUndefined();
  });

  test('counts up and starts anew over many runs', () => {
    const run = (policy: LevelPolicy, runs: number): number[] => {
      const levels: number[] = [];
      let last: NewestBackup | undefined;
      for (let day = 0; day < runs; day += 1) {
        const { level } = nextLevel(policy, last, day * DAY, false);
        last = { level, chainStartedAtMs: level === 0 ? day * DAY : (last?.chainStartedAtMs ?? 0) };
        levels.push(level);
      }
      return levels;
    };
    expect(run({ noIncremental: false, maxLevel: 2 }, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(run({ noIncremental: false, maxLevel: 14, alwaysLevel: 1 }, 5)).toEqual([0, 1, 1, 1, 1]);
    expect(run({ noIncremental: false, maxLevel: 14, alwaysLevel: 2, restartAlwaysLevelDays: 4 }, 9)).toEqual([
      0, 1, 2, 2, 0, 1, 2, 2, 0,
    ]);
  });
});
