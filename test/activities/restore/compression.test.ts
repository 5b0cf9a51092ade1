import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRestoreBench, type RestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

let bench: RestoreBench;
beforeAll(async () => {
  bench = await startRestoreBench();
  const block = randomBytes(3_000_000);
  for (const file of ['a', 'b']) writeFileSync(join(bench.tree, file), block);
  writeFileSync(join(bench.tree, 'letter.txt'), 'all work and no play\n'.repeat(10_000));
});
afterAll(() => bench.stop());

const SETTINGS = { shardSizeBytes: 128 * 2 ** 20, compressionLevel: 3, parallelShards: 2 };

// The host web2 has no zstd: what is compressed is decompressed here before it is sent.
test.each([
  ['uncompressed', { compress: 'off' }, 'on this machine'],
  ['uncompressed', { compress: 'off' }, 'on another host'],
  ['long-range compressed', { compressionLongLog: 31 }, 'on this machine'],
  ['long-range compressed', { compressionLongLog: 31 }, 'on another host'],
] as const)('%s shards are restored (%j, %s)', async (_what, archive, where) => {
  const { commit } = await bench.backUp({ source: { archive: { ...SETTINGS, ...archive } }, options: { full: true } });
  const path = bench.path(`restored-${commit.backupId}`);
  const target =
    where === 'on this machine'
      ? ({ kind: 'local', path, machine: 'test' } as const)
      : ({ kind: 'host', host: 'web2', path } as const);
  const { report } = await bench.restore({ point: { backupId: commit.backupId }, target });
  expect(report.status).toBe('ok');
  expect(await describeTree(path)).toEqual(await describeTree(bench.tree));
});
