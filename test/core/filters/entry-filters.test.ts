import { expect, test } from 'vitest';
import { leftOutFiles } from '../../../src/core/filters/entry-filters.js';
import { leaveOut } from '../../../src/core/archive/merge-scan.js';
import { ChangeList } from '../../../src/core/archive/change-list.js';
import { RestoreProtection, MarkedDirectories } from '../../../src/core/restore/protection.js';
import type { Entry } from '../../../src/core/entries/entry.js';
import { entryOf } from '../../support/arbitrary-entries.js';

const entry = ({ path = 'x', ...news }: Partial<Entry>): Entry => entryOf(path, news);
const known = (path: string, sizeBytes = 1) => ({ entry: entry({ path, sizeBytes }), level: 0, shard: 0 });

test('what grew over the limit leaves the backup, but is neither deleted nor missed by the guard', () => {
  const list = new ChangeList([0], []);
  const pairs = [
    { entry: entry({ path: '', type: 'd' }), known: { ...known(''), entry: entry({ path: '', type: 'd' }) } },
    { entry: entry({ path: 'gone' }), known: undefined },
    { entry: entry({ path: 'grown', sizeBytes: 11 }), known: known('grown') },
    { entry: entry({ path: 'large', sizeBytes: 11 }), known: undefined },
    { entry: undefined, known: known('lost') },
  ];
  const isLeftOut = leftOutFiles({ maxFileSizeBytes: 10 }, 0);
  const lines = list.take(leaveOut(pairs, isLeftOut ?? (() => false)));
  expect(lines.filter(({ deleted }) => deleted)).toEqual([
    { deleted: true, path: 'grown' },
    { deleted: true, path: 'lost' },
  ]);
  expect(list.totals()).toMatchObject({ deleted: 1, leftOut: 2, previousEntries: 2, firstDeleted: ['lost'] });
});

test('directories, links and devices have no size or age that counts', () => {
  const isLeftOut = leftOutFiles({ maxFileSizeBytes: 1, newerThanMs: 1000 }, 1e12);
  for (const type of ['d', 'l', 'p', 's', 'c', 'b'] as const)
    expect(isLeftOut?.(entry({ type, sizeBytes: 9, mtime: '1.000000000' }))).toBe(false);
  expect(isLeftOut?.(entry({ sizeBytes: 0, mtime: '1.000000000' }))).toBe(true);
  expect(leftOutFiles({ oneFileSystem: true, excludeCaches: true }, 0)).toBeUndefined();
});

test('a restore protects what may have been left out, and nothing else', () => {
  const filters = { excludeIfPresent: ['.nö'], oneFileSystem: true, olderThanMs: 60_000 };
  const marked = new MarkedDirectories(filters);
  for (const path of ['a/.n\xc3\xb6', 'b/.no', '.n', 'c/d/.n\xc3\xb6']) marked.see(path);
  expect([...marked.paths]).toEqual(['a', 'c/d']);
  const protection = new RestoreProtection({ filters, scannedAtMs: 1e12, marked: marked.paths, device: '1' });
  const covers = (path: string, mtimeSeconds = 0, device = '1'): boolean =>
    protection.covers(entry({ path, device, mtime: `${mtimeSeconds}.000000000` }));
  expect(['a/x', 'a/x/y', 'c/d/e', 'a', 'c/d', 'c/e', 'b/x', 'ab/x', ''].filter((path) => covers(path))).toEqual([
    'a/x',
    'a/x/y',
    'c/d/e',
  ]);
  expect(covers('z', 1e9 - 61)).toBe(false);
  expect(covers('z', 1e9 - 59)).toBe(true);
  expect(covers('z', 0, '2')).toBe(true);
});
