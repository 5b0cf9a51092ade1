import { describe, expect, test } from 'vitest';
import { parsePointTime, resolvePoint } from '../../../src/core/restore/point.js';

const IDS = ['20261121T042200Z-0', '20261120T042200Z-1', '20261119T042200Z-0', '20261121T042200Z-1'];
const local = (...parts: [number, number, number, number?, number?, number?]): number =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0).getTime();

describe('parsePointTime', () => {
  test.each([
    ['2026-11-21T04:22:00Z', Date.UTC(2026, 10, 21, 4, 22)],
    ['2026-11-21 04:22:00.5z', Date.UTC(2026, 10, 21, 4, 22, 0, 500)],
    ['2026-11-21T04:22+01:00', Date.UTC(2026, 10, 21, 3, 22)],
    ['2026-11-21T04:22:07-0530', Date.UTC(2026, 10, 21, 9, 52, 7)],
    ['20261121T042200Z', Date.UTC(2026, 10, 21, 4, 22)],
    ['20261121T042200Z-3', Date.UTC(2026, 10, 21, 4, 22)],
    ['2026-11-21 04:22', local(2026, 11, 21, 4, 22)],
    ['2026-11-21', local(2026, 11, 21, 23, 59, 59) + 999],
  ])('%s is understood', (text, timeMs) => {
    expect(parsePointTime(text)).toBe(timeMs);
  });

  test.each([
    'yesterday',
    '',
    '2026-13-01',
    '2026-02-30',
    '2026-11-21T25:00',
    '2026-11-21T10:61',
    '11/21/2026',
    '1763000000',
  ])('%j is not a time', (text) => {
    expect(parsePointTime(text)).toBeUndefined();
  });
});

describe('resolvePoint', () => {
  test('latest is the newest, and of two in one second the higher level', () => {
    expect(resolvePoint(IDS, { latest: true }, 'h/s')).toBe('20261121T042200Z-1');
  });

  test('a time finds the newest backup started at or before it', () => {
    expect(resolvePoint(IDS, { at: '2026-11-21T04:21:59Z' }, 'h/s')).toBe('20261120T042200Z-1');
    expect(resolvePoint(IDS, { at: '2026-11-20T04:22:00Z' }, 'h/s')).toBe('20261120T042200Z-1');
    expect(resolvePoint(IDS, { at: '2027-01-01' }, 'h/s')).toBe('20261121T042200Z-1');
  });

  test('an archive has no snapshots', () => {
    expect(() => resolvePoint(IDS, { snapshot: '20261121T042200Z-daily' }, 'h/s')).toThrow(/snapshots are of mirrors/);
  });

  test('what is not there is said with what is there', () => {
    const of = 'web1/etc';
    expect(() => resolvePoint([], { latest: true }, of)).toThrow('web1/etc has no backups');
    expect(() => resolvePoint(IDS, { at: '2026-11-01' }, of)).toThrow(
      /4, from 20261119T042200Z-0 to 20261121T042200Z-1/,
    );
    expect(() => resolvePoint(IDS, { backupId: '20250101T000000Z-0' }, of)).toThrow(/has no backup 20250101T000000Z-0/);
    expect(() => resolvePoint(IDS, { at: 'noon' }, of)).toThrow(/"noon" is not a time/);
  });
});
