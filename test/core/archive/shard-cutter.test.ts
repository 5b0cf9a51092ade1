import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../src/core/entries/entry.js';
import { comparePaths } from '../../../src/core/entries/entry.js';
import type { LinkGroup } from '../../../src/core/archive/merge-hard-links.js';
import { ShardCutter } from '../../../src/core/archive/shard-cutter.js';
import { MAX_SHARDS, rawEstimate, shardLimits } from '../../../src/core/archive/shard-limits.js';
import { StoreTypes } from '../../../src/core/archive/store-types.js';
import { entryOf } from '../../support/arbitrary-entries.js';

const MIB = 1024 * 1024;
const sized = (path: string, bytes: number): Entry =>
  entryOf(path, { sizeBytes: bytes, blocks: Math.ceil(bytes / 512) });

function cut(
  entries: readonly Entry[],
  limits: { rawBytes: number; entries: number },
  groups: readonly LinkGroup[] = [],
) {
  const cutter = new ShardCutter(limits, groups);
  const placed = new Map(entries.map((entry) => [entry.path, cutter.place(entry)]));
  const directories = cutter.finish();
  return { placed, directories, shards: cutter.takeClosed(), count: cutter.shards };
}

describe('cutting shards', () => {
  test('closes a shard that is full, by bytes or by entries', () => {
    const small = Array.from({ length: 10 }, (_, i) => sized(`f${i}`, 1000));
    expect(cut(small, { rawBytes: 2 * MIB, entries: 4 }).shards.map(({ names }) => names.length)).toEqual([4, 4, 2]);
    expect(cut(small, { rawBytes: 5000, entries: 100 }).shards.map(({ names }) => names.length)).toEqual([
      2, 2, 2, 2, 2,
    ]);
  });

  test('gives a file larger than the limit a shard of its own', () => {
    const entries = [sized('a', 10), sized('b', 9 * MIB), sized('c', 10)];
    expect(cut(entries, { rawBytes: MIB, entries: 100 }).shards.map(({ names }) => names)).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ]);
  });

  test('puts directories into a last shard', () => {
    const entries = [entryOf('', { type: 'd' }), sized('a', 1), entryOf('d', { type: 'd' })];
    const { shards, directories, placed } = cut(entries, { rawBytes: MIB, entries: 100 });
    expect(directories).toBe(1);
    expect(placed.get('d')).toBeUndefined();
    expect(shards).toMatchObject([
      { number: 0, kind: 'content', names: ['a'] },
      { number: 1, kind: 'directories', names: ['', 'd'] },
    ]);
  });

  test('fills shards of what is not worth compressing beside the others, when asked to', () => {
    const entries = ['a.txt', 'b.jpg', 'c.txt', 'd.jpg', 'e.txt'].map((path) => sized(path, 1000));
    const cutter = new ShardCutter({ rawBytes: 5000, entries: 100 }, [], new StoreTypes());
    expect(entries.map((entry) => cutter.place(entry))).toEqual([0, 1, 0, 1, 2]);
    cutter.finish();
    expect(cutter.takeClosed()).toEqual([
      { number: 0, kind: 'content', names: ['a.txt', 'c.txt'], rawBytes: 5120 },
      { number: 1, kind: 'content', names: ['b.jpg', 'd.jpg'], rawBytes: 5120, compression: 'none' },
      { number: 2, kind: 'content', names: ['e.txt'], rawBytes: 2560 },
    ]);
  });

  test('puts a hard-linked file where its first name belongs', () => {
    const names = ['a.txt', 'b.jpg'].map((path) => ({ ...sized(path, 1000), inode: '1', links: 2 }));
    const cutter = new ShardCutter({ rawBytes: MIB, entries: 100 }, [{ names, changed: true }], new StoreTypes());
    for (const entry of names) cutter.place(entry);
    cutter.finish();
    expect(cutter.takeClosed()).toMatchObject([{ names: ['a.txt', 'b.jpg'] }]);
  });

  test('has no shard at all when there is nothing to store', () => {
    expect(cut([], { rawBytes: MIB, entries: 9 })).toMatchObject({ count: 0, directories: undefined, shards: [] });
  });

  test('does not count holes of sparse files', () => {
    expect(rawEstimate(entryOf('a', { sizeBytes: 1000 * MIB, blocks: 16 }))).toBeLessThan(10_000);
  });

  test('places every entry once, in order within its shard, the names of an inode together', () => {
    const tree = fc.array(
      fc.record({ bytes: fc.nat({ max: 3000 }), inode: fc.option(fc.constantFrom('1', '2')), directory: fc.boolean() }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 9 }), (made, rawBytes, most) => {
        const entries = made.map(({ bytes, inode, directory }, i) => {
          const path = `p${100 + i}`;
          if (inode !== null) return { ...sized(path, bytes), inode, links: 9 };
          return directory ? entryOf(path, { type: 'd' }) : sized(path, bytes);
        });
        const groups = ['1', '2']
          .map((inode) => ({ names: entries.filter((e) => e.links === 9 && e.inode === inode), changed: true }))
          .filter(({ names }) => names.length > 0);
        const { placed, shards, count, directories } = cut(entries, { rawBytes, entries: most }, groups);

        expect(shards.flatMap(({ names }) => names).sort()).toEqual(entries.map(({ path }) => path).sort());
        expect(shards.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i));
        for (const { names } of shards) expect(names).toEqual([...names].sort(comparePaths));
        for (const { number, names } of shards)
          for (const path of names) expect(placed.get(path) ?? directories).toBe(number);
        for (const { names } of groups) expect(new Set(names.map(({ path }) => placed.get(path))).size).toBe(1);
      }),
    );
  });

  test('stays within the most shards that a backup may have, however sizes are mixed', () => {
    const files = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 * MIB }), fc.integer({ min: 1, max: 3000 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(files, (kinds) => {
        const entries = kinds.flatMap(([bytes, count], k) =>
          Array.from({ length: count }, (_, i) => sized(`${k}-${i}`, bytes)),
        );
        const mixed = entries.sort((a, b) =>
          (a.path.split('-')[1] as string).localeCompare(b.path.split('-')[1] as string),
        );
        const total = mixed.reduce((sum, entry) => sum + rawEstimate(entry), 0);
        expect(cut(mixed, shardLimits(total, mixed.length, MIB)).count).toBeLessThanOrEqual(MAX_SHARDS);
      }),
      { numRuns: 30 },
    );
  });

  test('keeps the target size until a source is very large', () => {
    expect(shardLimits(50_000 * MIB, 1_000_000, 128 * MIB)).toEqual({ rawBytes: 128 * MIB, entries: 20_000 });
    expect(shardLimits(8_000_000 * MIB, 1e8, 128 * MIB)).toEqual({ rawBytes: 10_000 * MIB, entries: 333_334 });
  });
});
