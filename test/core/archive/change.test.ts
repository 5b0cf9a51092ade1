import { describe, expect, test } from 'vitest';
import { isChanged } from '../../../src/core/archive/change.js';
import type { Entry, Flaw } from '../../../src/core/entries/entry.js';
import type { LivingEntry } from '../../../src/core/archive/merge-index.js';
import { entryOf } from '../../support/arbitrary-entries.js';

const before = entryOf('a');
const LONG_AFTER_MS = 2_000_000;
const known = (entry: Entry, flaw?: Flaw): LivingEntry => ({ entry, level: 0, shard: 0, ...(flaw ? { flaw } : {}) });

describe('an entry', () => {
  test('that is as it was is not changed', () => {
    expect(isChanged(before, known(before), LONG_AFTER_MS)).toBe(false);
  });

  const news: readonly Partial<Entry>[] = [
    { type: 'p' },
    { sizeBytes: 11 },
    { mtime: '1000.000000001' },
    { mtime: '999.000000000' },
    { ctime: '1000.000000001' },
    { ctime: '1.000000000' },
    { inode: '8' },
    { mode: '4644' },
    { uid: 1 },
    { gid: 1 },
    { links: 2 },
    { target: 'elsewhere' },
  ];
  test.each(news)('with %j is changed', (difference) => {
    expect(isChanged({ ...before, ...difference }, known(before), LONG_AFTER_MS)).toBe(true);
  });

  test.each([{ device: '2' }, { blocks: 16 }])('with %j alone is not changed', (difference) => {
    expect(isChanged({ ...before, ...difference }, known(before), LONG_AFTER_MS)).toBe(false);
  });

  test.each([
    ['changed', true],
    ['unreadable', true],
    ['unsupported', false],
  ] as const)('whose last read was %s is read again: %s', (flaw, again) => {
    expect(isChanged(before, known(before, flaw), LONG_AFTER_MS)).toBe(again);
  });

  test.each([
    ['in the scan’s own second', 1_000_000, true],
    ['two seconds before the scan', 1_002_000, true],
    ['more than two seconds before the scan', 1_002_001, false],
    ['after the scan began', 999_000, true],
    ['long after it: the clock was ahead then', 1_000, true],
  ])('changed %s is read once more', (_when, scannedAtMs, again) => {
    expect(isChanged(before, known(before), scannedAtMs)).toBe(again);
  });
});
