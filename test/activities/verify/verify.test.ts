import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ArchiveBench, startArchiveBench } from '../../support/archive-bench.js';
import { RandomTree } from '../../support/random-tree.js';
import { verifySource } from '../../support/verify-bench.js';

let bench: ArchiveBench;
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench?.stop());

describe('a chain of random changes', () => {
  test.each([1, 2])('is found whole, every member as its index says (seed %i)', async (seed) => {
    const path = join(bench.directory, `random-${seed}`);
    fs.mkdirSync(path);
    const source = {
      name: `random/${seed}`,
      path,
      archive: { shardSizeBytes: 100_000, compressionLevel: 3, parallelShards: 2 },
    };
    const tree = new RandomTree(path, seed);
    tree.grow(60);
    execFileSync('truncate', ['-s', '3M', join(path, 'sparse')]);
    fs.appendFileSync(join(path, 'sparse'), 'end');
    fs.writeFileSync(join(path, 'before-1970'), '');
    execFileSync('touch', ['-d', '1960-05-05 12:00:00.250000000', join(path, 'before-1970')]);
    fs.writeFileSync(join(path, 'd'.repeat(200)), 'long');
    for (let level = 0; level < 3; level += 1) {
      if (level > 0) tree.change(25);
      await bench.backUp({ source });
    }
    const verified = await verifySource(bench, source, { readPercent: 100 });
    expect(verified).toHaveLength(3);
    for (const { structure, data } of verified) {
      expect(structure).toMatchObject({ state: 'checked', damage: { count: 0 } });
      for (const read of data) {
        expect(read.damage.first).toEqual([]);
        expect(read.remarks.first).toEqual([]);
      }
    }
    const members = verified.flatMap(({ data }) => data.map((read) => read.members));
    expect(members.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60);
  });
});
