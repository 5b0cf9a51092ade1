import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeList } from '../../../src/core/archive/change-list.js';
import type { Entry } from '../../../src/core/entries/entry.js';
import { linePath } from '../../../src/core/entries/entry.js';
import type { LivingEntry } from '../../../src/core/archive/merge-index.js';
import type { ScanPair } from '../../../src/core/archive/merge-scan.js';
import type { ScanComplaint } from '../../../src/core/scan/complaints.js';
import { entryOf } from '../../support/arbitrary-entries.js';

const SCANNED_AT = [2_000_000];
const known = (entry: Entry): LivingEntry => ({ entry, level: 0, shard: 0 });
const same = (entry: Entry): ScanPair => ({ entry, known: known(entry) });
const fresh = (entry: Entry): ScanPair => ({ entry, known: undefined });
const gone = (entry: Entry): ScanPair => ({ entry: undefined, known: known(entry) });
const denied = (path: string): ScanComplaint => ({ path, kind: 'unreadable', reason: 'Permission denied' });

function listed(pairs: readonly ScanPair[], complaints: readonly ScanComplaint[] = []) {
  const list = new ChangeList(SCANNED_AT, complaints);
  const lines = list.take(pairs);
  const groups = list.finish();
  const linked = groups.map(({ names }) => names.map(({ path }) => path));
  return { lines, linked, totals: list.totals() };
}

describe('a change list', () => {
  test('has no line for what has not changed', () => {
    const { lines, totals } = listed([same(entryOf('')), same(entryOf('a'))]);
    expect(lines).toEqual([]);
    expect(totals).toMatchObject({ changed: 0, deleted: 0, previousEntries: 2, sourceBytes: 20 });
  });

  test('has a line for what is new, changed and gone', () => {
    const changed = entryOf('b', { sizeBytes: 99 });
    const { lines, totals } = listed([
      fresh(entryOf('a')),
      { entry: changed, known: known(entryOf('b')) },
      gone(entryOf('c')),
    ]);
    expect(lines).toEqual([
      { deleted: false, entry: entryOf('a') },
      { deleted: false, entry: changed },
      { deleted: true, path: 'c' },
    ]);
    expect(totals).toMatchObject({
      changed: 2,
      changedBytes: 109,
      deleted: 1,
      firstDeleted: ['c'],
      previousEntries: 2,
    });
    expect(totals.counts).toEqual({ entries: 2, files: 2, directories: 0, symlinks: 0, others: 0 });
  });

  test('names at most a hundred deletions', () => {
    const { totals } = listed(Array.from({ length: 300 }, (_, i) => gone(entryOf(`f${1000 + i}`))));
    expect(totals.deleted).toBe(300);
    expect(totals.firstDeleted).toHaveLength(100);
  });

  test('stores all names of a hard-linked file when one of them is new', () => {
    const linked = (path: string): Entry => entryOf(path, { links: 2 });
    const { lines, linked: groups } = listed([
      same(linked('a')),
      same(entryOf('m', { inode: '9' })),
      fresh(linked('z')),
    ]);
    expect(lines).toEqual([]);
    expect(groups).toEqual([['a', 'z']]);
  });

  test('stores the rest of a hard-linked file’s names when one is gone, whatever the device is called now', () => {
    const linked = (path: string, device: string): Entry => entryOf(path, { links: 3, device });
    const { linked: groups } = listed([
      { entry: linked('a', '2'), known: known(linked('a', '1')) },
      gone(linked('b', '1')),
      { entry: linked('c', '2'), known: known(linked('c', '1')) },
    ]);
    expect(groups).toEqual([['a', 'c']]);
  });

  test('stores the rest of a hard-linked file’s names when one has become another file', () => {
    const linked = (path: string): Entry => entryOf(path, { links: 2 });
    const { lines, linked: groups } = listed([
      same(linked('a')),
      { entry: entryOf('b', { inode: '8' }), known: known(linked('b')) },
    ]);
    expect(groups).toEqual([['a']]);
    expect(lines.map(linePath)).toEqual(['b']);
  });

  test('leaves a hard-linked file alone that has not changed', () => {
    expect(listed([same(entryOf('a', { links: 2 })), same(entryOf('b', { links: 2 }))]).linked).toEqual([]);
  });

  test('counts a hard-linked file’s bytes once', () => {
    const { totals } = listed([fresh(entryOf('a', { links: 2 })), fresh(entryOf('b', { links: 2 }))]);
    expect(totals).toMatchObject({ sourceBytes: 10, changedBytes: 10, changed: 2 });
  });

  test('carries on what lies in a directory that could not be read', () => {
    const directory = entryOf('d', { type: 'd' });
    const { lines, totals } = listed([same(directory), gone(entryOf('d/in')), gone(entryOf('e'))], [denied('d')]);
    expect(lines).toEqual([
      { deleted: false, entry: directory, flaw: 'unreadable' },
      { deleted: true, path: 'e' },
    ]);
    expect(totals).toMatchObject({ deleted: 1, changed: 1 });
    expect(totals.counts.entries).toBe(2);
    expect(totals.flaws).toEqual([
      { path: 'd', flaw: 'unreadable', message: 'find could not look at it: Permission denied' },
    ]);
  });

  test('counts what vanished during the scan as deleted', () => {
    const complaint: ScanComplaint = { path: 'd', kind: 'gone', reason: 'No such file or directory' };
    const { totals } = listed([gone(entryOf('d/in'))], [complaint]);
    expect(totals).toMatchObject({ deleted: 1, flaws: [] });
  });

  test('knows a socket, and does not try to store it', () => {
    const { lines, totals } = listed([fresh(entryOf('s', { type: 's' }))]);
    expect(lines).toMatchObject([{ flaw: 'unsupported' }]);
    expect(totals).toMatchObject({ unsupported: 1, stored: 0 });
  });

  test('never splits a group: what is stored of an inode is all of it or nothing', () => {
    const name = fc.record({ inode: fc.constantFrom('1', '2', '3'), state: fc.constantFrom('same', 'fresh', 'gone') });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 15 }), (names) => {
        const make = { same, fresh, gone } as const;
        const pairs = names.map(({ inode, state }, i) => make[state](entryOf(`n${100 + i}`, { inode, links: 4 })));
        const stored = new Set(listed(pairs).linked.flat());
        for (const inode of ['1', '2', '3']) {
          const group = pairs.filter((pair) => (pair.entry ?? pair.known?.entry)?.inode === inode);
          const touched = group.some((pair) => pair.entry === undefined || pair.known === undefined);
          for (const { entry } of group) if (entry) expect(stored.has(entry.path)).toBe(touched);
        }
      }),
    );
  });
});
