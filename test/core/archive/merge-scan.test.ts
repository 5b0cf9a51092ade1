import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePaths } from '../../../src/core/entries/entry.js';
import type { Entry } from '../../../src/core/entries/entry.js';
import type { LivingEntry } from '../../../src/core/archive/merge-index.js';
import { pairScan } from '../../../src/core/archive/merge-scan.js';
import { entries, flat, inBatches } from '../../support/arbitrary-entries.js';

const trees = fc
  .uniqueArray(entries, { selector: ({ path }) => path, maxLength: 25 })
  .map((some) => some.sort((a, b) => comparePaths(a.path, b.path)));
const known = (entry: Entry): LivingEntry => ({ entry, level: 0, shard: 0 });

describe('pairing a scan with a chain', () => {
  test('finds for every path what a look-up in two maps finds, in order', async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, fc.integer({ min: 1, max: 7 }), async (now, before, size) => {
        const scan = new Map(now.map((entry) => [entry.path, entry]));
        const chain = new Map(before.map((entry) => [entry.path, known(entry)]));
        const paths = [...new Set([...scan.keys(), ...chain.keys()])].sort(comparePaths);
        const expected = paths.map((path) => ({ entry: scan.get(path), known: chain.get(path) }));
        expect(await flat(pairScan(inBatches(now, size), inBatches(before.map(known), 8 - size)))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
