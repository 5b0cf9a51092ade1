import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IndexLine } from '../../../src/core/entries/entry.js';
import { comparePaths, linePath } from '../../../src/core/entries/entry.js';
import type { LivingEntry } from '../../../src/core/archive/merge-index.js';
import { mergeIndexes } from '../../../src/core/archive/merge-index.js';
import { entryOf, flat, inBatches, indexes } from '../../support/arbitrary-entries.js';

const merged = (levels: readonly (readonly IndexLine[])[]): Promise<LivingEntry[]> =>
  flat(mergeIndexes(levels.map((lines, level) => inBatches(lines, 1 + (level % 3)))));

/** The same by looking at every level anew for every path. */
function naive(levels: readonly (readonly IndexLine[])[]): LivingEntry[] {
  const paths = [...new Set(levels.flat().map(linePath))].sort(comparePaths);
  return paths.flatMap((path): LivingEntry[] => {
    const history = levels.flatMap((lines, level) =>
      lines.filter((line) => linePath(line) === path).map((line) => ({ line, level })),
    );
    const newest = history.at(-1);
    if (newest === undefined || newest.line.deleted) return [];
    const { deleted: _, ...living } = { ...newest.line, level: newest.level };
    if (living.shard !== undefined) return [living];
    const usable: LivingEntry['stale'][] = [];
    for (const { line, level } of history.slice(0, -1).reverse()) {
      if (line.deleted || line.entry.type !== living.entry.type) break;
      const { deleted: __, shard, ...rest } = line;
      if (shard !== undefined) usable.push({ ...rest, level, shard });
    }
    return [usable[0] === undefined ? living : { ...living, stale: usable[0] }];
  });
}

describe('merging the indexes of a chain', () => {
  test('gives what a look at every level gives, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(indexes, { maxLength: 6 }), async (levels) => {
        expect(await merged(levels)).toEqual(naive(levels));
      }),
      { numRuns: 300 },
    );
  });

  const stored = (path: string, level: number): IndexLine => ({
    deleted: false,
    entry: entryOf(path, { sizeBytes: level }),
    shard: level,
  });
  const unreadable = (path: string): IndexLine => ({ deleted: false, entry: entryOf(path), flaw: 'unreadable' });
  const gone = (path: string): IndexLine => ({ deleted: true, path });

  test('takes the newest of several versions', async () => {
    expect(await merged([[stored('a', 0)], [stored('a', 1)], []])).toMatchObject([{ level: 1, shard: 1 }]);
  });

  test('forgets what was deleted, and remembers it again when it comes back', async () => {
    expect(await merged([[stored('a', 0)], [gone('a')]])).toEqual([]);
    expect(await merged([[stored('a', 0)], [gone('a')], [stored('a', 2)]])).toMatchObject([{ level: 2 }]);
  });

  test('falls back to the last stored version of what could not be read', async () => {
    const [living] = await merged([[stored('a', 0)], [stored('a', 1)], [unreadable('a')], [unreadable('a')]]);
    expect(living).toMatchObject({ level: 3, flaw: 'unreadable', stale: { level: 1, shard: 1 } });
    expect(living?.shard).toBeUndefined();
  });

  test('never falls back across a deletion or another type', async () => {
    const [afterDeletion] = await merged([[stored('a', 0)], [gone('a')], [unreadable('a')]]);
    expect(afterDeletion?.stale).toBeUndefined();
    const directory: IndexLine = { deleted: false, entry: entryOf('a', { type: 'd' }), shard: 0 };
    const [afterDirectory] = await merged([[directory], [unreadable('a')]]);
    expect(afterDirectory?.stale).toBeUndefined();
  });

  test('releases its sources when its reader leaves early', async () => {
    let closed = 0;
    const source = async function* (): AsyncGenerator<IndexLine[]> {
      try {
        for (let i = 0; ; i += 1) yield [stored(`a${String(i).padStart(9, '0')}`, 0)];
      } finally {
        closed += 1;
      }
    };
    for await (const _batch of mergeIndexes([source(), source()])) break;
    expect(closed).toBe(2);
  });
});
