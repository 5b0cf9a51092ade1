import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextBackupTimeMs } from '../../../src/core/archive/backup-time.js';
import { backupId } from '../../../src/core/ids.js';

const LAST = Date.UTC(2026, 10, 21, 4, 22, 0);

describe('a backup’s time', () => {
  test.each([
    [undefined, 1_234, 1_000],
    [LAST, LAST + 999, LAST + 1_000],
    [LAST, LAST + 1_000, LAST + 1_000],
    [LAST, LAST, LAST + 1_000],
    [LAST, LAST - 60_000, LAST + 1_000],
    [LAST, LAST + 5_500, LAST + 5_000],
  ])('after %s, started at %i: %i', (last, started, expected) => {
    expect(nextBackupTimeMs(started, last === undefined ? undefined : backupId(last, 3))).toBe(expected);
  });

  test('a clock more than a minute behind is refused', () => {
    expect(() => nextBackupTimeMs(LAST - 60_001, backupId(LAST, 0))).toThrow(
      expect.objectContaining({ type: 'ClockBehind', message: expect.stringContaining('20261121T042059Z') as unknown }),
    );
  });

  test('ids only ever grow', () => {
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(time, fc.integer({ min: -60_000, max: 1_000_000 }), (last, drift) => {
        const lastId = backupId(last, 0);
        const wholeLast = Math.floor(last / 1000) * 1000;
        expect(backupId(nextBackupTimeMs(wholeLast + drift, lastId), 0) > lastId).toBe(true);
      }),
    );
  });
});
