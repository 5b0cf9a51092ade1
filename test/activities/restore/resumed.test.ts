import { randomBytes } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Providers } from '../../../src/activities/activity-control.js';
import { extractShard } from '../../../src/activities/restore/extract-shard.js';
import { prepareRestore } from '../../../src/activities/restore/prepare-restore.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

const FILE_BYTES = 300_000;
let bench: RestoreBench;
beforeAll(async () => {
  bench = await startRestoreBench();
  mkdirSync(join(bench.tree, 'docs'));
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(bench.tree, 'docs', name), randomBytes(FILE_BYTES));
  utimesSync(join(bench.tree, 'docs'), 1_700_000_000, 1_700_000_000);
  const { archive } = bench.source();
  await bench.backUp({ source: { archive: { ...archive, shardSizeBytes: FILE_BYTES } } });
});
afterAll(() => bench.stop());

/** Providers that keep the names of the shards that were read. */
function watched(read: string[]): Providers {
  const openStorage: Providers['openStorage'] = async (destination) => {
    const storage = await bench.providers.openStorage(destination);
    const original = storage.read.bind(storage);
    storage.read = async (key, ...rest) => {
      const name = key.slice(key.lastIndexOf('/') + 1);
      if (name.startsWith('shard-')) read.push(name.slice(0, 'shard-00000'.length));
      return original(key, ...rest);
    };
    return storage;
  };
  return { ...bench.providers, openStorage };
}

test('a restore that was killed between shards, begun again, reads only the shards that are left', async () => {
  const target = { kind: 'local', path: bench.path('targets/killed'), machine: 'test' } as const;
  const request = bench.request({ target });
  const first = await bench.planRestore({ target });
  expect(first.parts).toBe(4);
  const input = { request, plan: first, run: { workflowId: 'restore/web1/data/killed', runId: 'run-1' } };
  await prepareRestore(bench.providers, bench.control(), input);
  for (const part of [0, 2]) await extractShard(bench.providers, bench.control(), { ...input, part });
  // Killed: no step follows, and nothing was tidied up.

  const read: string[] = [];
  const { plan, report } = await bench.restore({ target }, watched(read));
  expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
  expect(plan.counts).toMatchObject({ create: 2, delete: 0 });
  expect(plan.bytesToWrite).toBe(2 * FILE_BYTES);
  expect(read.filter((name) => name !== 'shard-00004').sort()).toEqual(['shard-00001', 'shard-00003']);
  expect(await describeTree(target.path)).toEqual(await describeTree(bench.tree));
});
