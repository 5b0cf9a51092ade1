import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyTree, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { randomNumbers, RandomTree } from '../../support/random-tree.js';
import { describeTree } from '../../support/tree-oracle.js';

const SEEDS = Number(process.env['HOLDFAST_CHAIN_SEEDS'] ?? 3);
const LEVELS = 5;

let bench: RestoreBench;
beforeAll(async () => {
  bench = await startRestoreBench();
});
afterAll(() => bench.stop());

test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'every point of a random chain comes back exactly, into a new directory and over another point (seed %i)',
  async (seed) => {
    const random = randomNumbers(seed);
    for (const directory of [bench.vault, bench.tree]) {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
    }
    const tree = new RandomTree(bench.tree, seed);
    const points: { id: string; copy: string }[] = [];
    for (let level = 0; level < LEVELS; level += 1) {
      if (level === 0) tree.grow(45);
      else tree.change(14);
      const shardSizeBytes = random() < 0.5 ? 120_000 : 134_217_728;
      const { plan } = await bench.backUp({
        source: { archive: { shardSizeBytes, compressionLevel: 1, parallelShards: 2 } },
      });
      expect(plan.level).toBe(level);
      bench.settle(plan.backupId);
      const copy = bench.path(`copy-${seed}-${level}`);
      copyTree(bench.tree, copy);
      points.push({ id: plan.backupId, copy });
    }
    const rolling = { kind: 'local', path: bench.path(`rolling-${seed}`), machine: 'test' } as const;
    const order = [...points].sort(() => random() - 0.5);
    for (const { id, copy } of order) {
      const expected = await describeTree(copy);
      const { plan, report } = await bench.restore({ point: { backupId: id } });
      expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
      expect(await describeTree(plan.targetPath)).toEqual(expected);
      // `always`, since an edit that keeps size and time cannot be seen from outside.
      const over = await bench.restore({ point: { backupId: id }, target: rolling, overwrite: 'always', delete: true });
      expect(over.report).toMatchObject({ status: 'ok', differences: { count: 0 } });
      expect(await describeTree(rolling.path)).toEqual(expected);
    }
  },
);
