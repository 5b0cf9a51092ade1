import { describe, expect, test } from 'vitest';
import { placeIn, relativePathOf } from '../../../src/core/browse/directory-listing.js';
import type { Entry, IndexLine } from '../../../src/core/entries/entry.js';
import { comparePaths } from '../../../src/core/entries/entry.js';
import { differencesOf } from '../../../src/core/entries/differences.js';
import { versionsOf } from '../../../src/core/browse/file-versions.js';
import { MatchingLines } from '../../../src/core/browse/matching-lines.js';
import { ResultPage } from '../../../src/core/browse/result-page.js';

const entry = (news: Partial<Entry> = {}): Entry => ({
  path: 'letter',
  type: 'f',
  sizeBytes: 1,
  mtime: '1.000000000',
  ctime: '1.000000000',
  inode: '7',
  device: '1',
  mode: '644',
  uid: 0,
  gid: 0,
  links: 1,
  blocks: 8,
  target: '',
  ...news,
});
const stored = (sizeBytes: number): IndexLine => ({ deleted: false, entry: entry({ sizeBytes }), shard: 0 });
const gone: IndexLine = { deleted: true, path: 'letter' };

describe('versions of a file', () => {
  test('are the backups in which it differs from the backup before', () => {
    const chain = ['a', 'b', 'c', 'd'].map((id, at, ids) => ({ id, chain: ids.slice(0, at + 1) }));
    const lines = new Map([
      ['a', stored(1)],
      ['c', stored(2)],
      ['d', gone],
    ]);
    expect(versionsOf(chain, lines).map(({ backupId, change }) => `${backupId} ${change}`)).toEqual([
      'a new',
      'c changed',
      'd deleted',
    ]);
  });

  test('do not count the line that a new full backup has for an unchanged file', () => {
    const backups = [
      { id: 'a', chain: ['a'] },
      { id: 'b', chain: ['b'] },
    ];
    const lines = new Map([
      ['a', stored(1)],
      ['b', stored(1)],
    ]);
    expect(versionsOf(backups, lines)).toHaveLength(1);
  });

  test('tell a deletion that a new full backup shows only by having no line', () => {
    const backups = [
      { id: 'a', chain: ['a'] },
      { id: 'b', chain: ['b'] },
    ];
    expect(versionsOf(backups, new Map([['a', stored(1)]])).map(({ change }) => change)).toEqual(['new', 'deleted']);
  });

  test('follow levels that build on an older backup than the one before', () => {
    const backups = [
      { id: '0', chain: ['0'] },
      { id: '1a', chain: ['0', '1a'] },
      { id: '1b', chain: ['0', '1b'] },
    ];
    const lines = new Map([
      ['0', stored(1)],
      ['1a', stored(2)],
    ]);
    const versions = versionsOf(backups, lines);
    expect(versions.map(({ backupId, entry: seen }) => [backupId, seen?.sizeBytes])).toEqual([
      ['0', 1],
      ['1a', 2],
      ['1b', 1],
    ]);
  });
});

test('differences name what differs, and ctime only when nothing else does', () => {
  expect(differencesOf(entry(), entry())).toEqual([]);
  expect(differencesOf(entry(), entry({ type: 'd' }))).toEqual(['type']);
  expect(differencesOf(entry(), entry({ sizeBytes: 2, mode: '600', uid: 1, ctime: '2.000000000' }))).toEqual([
    'size',
    'mode',
    'owner',
  ]);
  expect(differencesOf(entry(), entry({ ctime: '2.000000000' }))).toEqual(['ctime']);
  const directory = entry({ type: 'd' });
  expect(differencesOf(directory, { ...directory, sizeBytes: 9, ctime: '2.000000000' })).toEqual([]);
});

test('what lies in a directory is one stretch of the index, also beside names that sort around it', () => {
  const paths = ['', '-x', 'a', 'a-b', 'a/-x', 'a/b', 'a/b/c', 'a0', 'b'].sort(comparePaths);
  const places = paths.map((path) => placeIn('a', path));
  expect(places.filter((place) => place === 'inside')).toHaveLength(2);
  expect(places.filter((place) => place === 'deeper')).toHaveLength(1);
  const past = places.indexOf('past');
  expect(places.slice(past).every((place) => place === 'past')).toBe(true);
  expect(paths.slice(past).sort()).toEqual(['a0', 'b']);
  expect(relativePathOf('/etc//./nginx/')).toBe('etc/nginx');
});

test('however much matches, the first paths are kept with all their lines, and no more than twice the limit', () => {
  const lines = new MatchingLines(10, 'f005');
  const path = (number: number): string => `f${String(number).padStart(3, '0')}`;
  for (const id of ['a', 'b']) {
    for (let number = 0; number < 500; number += 1) {
      lines.add(id, { deleted: false, entry: entry({ path: path(number) }), shard: 0 });
    }
  }
  const paths = lines.paths();
  expect(paths.map(([name]) => name)).toEqual(Array.from({ length: 10 }, (_, at) => path(at + 6)));
  expect(paths.every(([, found]) => found.size === 2)).toBe(true);
  expect(lines.cut).toBe(true);
  expect(lines.isPast('f016')).toBe(true);
});

test('a page is full by items or by bytes, and takes one item whatever its size', () => {
  const few = new ResultPage<string>({ items: 2, bytes: 1000 });
  few.add('a');
  expect(few.full).toBe(false);
  few.add('b');
  expect(few.full).toBe(true);
  const large = new ResultPage<string>({ items: 100, bytes: 10 });
  large.add('x'.repeat(50));
  expect(large.full).toBe(true);
});
