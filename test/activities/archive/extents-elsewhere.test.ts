import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type EncryptedVault, filesBelow, makeEncryptedVault } from '../../support/encrypted-vault.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { startRestoreBench } from '../../support/restore-bench.js';
import { s3Destination } from '../../support/s3-destination.js';
import { describeTree } from '../../support/tree-oracle.js';
import { type S3TestServer, startVersityGw } from '../../support/versitygw.js';

const KIB = 1024;
const archive = {
  shardSizeBytes: 128 * KIB * KIB,
  compressionLevel: 1,
  parallelShards: 2,
  largeFileSizeBytes: 256 * KIB,
  extentSizeBytes: 64 * KIB,
};
const source = { archive };
const SECRET = 'the payroll of the quick brown fox ';

let server: S3TestServer;
let vault: EncryptedVault;
beforeAll(async () => {
  server = await startVersityGw();
  await server.createBucket('backups');
  vault = await makeEncryptedVault();
});
afterAll(async () => {
  await server?.stop();
  vault?.remove();
});

test('large files in a bucket, compressed on the worker, come back as from a directory', async () => {
  const bench = await startRestoreBench(s3Destination(server, {}), join(server.directory, 'backups'));
  onTestFinished(() => bench.stop());
  await bench.replaceTool('zstd', 'missing');
  fs.writeFileSync(join(bench.tree, 'disk'), Buffer.concat([randomBytes(200 * KIB), Buffer.alloc(200 * KIB)]));
  const first = await bench.backUp({ source });
  expect(first.plan.compressOn).toBe('worker');
  expect(first.extents).toMatchObject([{ sent: 4, holes: 3 }]);
  bench.settle(first.commit.backupId);
  const handle = fs.openSync(join(bench.tree, 'disk'), 'r+');
  fs.writeSync(handle, randomBytes(50), 0, 50, 70 * KIB);
  fs.closeSync(handle);
  const second = await bench.backUp({ source });
  expect(second.extents).toMatchObject([{ sent: 1, unchanged: 3, holes: 3 }]);
  const { plan, report } = await bench.restore();
  expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
  expect(await describeTree(plan.targetPath)).toEqual(await describeTree(bench.tree));
});

test('large files of an encrypted destination: no content and no name lies open, and only what changed is sent', async () => {
  const bench = await startRestoreBench(vault.destination, vault.destination.path);
  onTestFinished(() => bench.stop());
  const disk = join(bench.tree, 'salaries.img');
  fs.writeFileSync(disk, SECRET.repeat(10_000));
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', disk]);
  const plan = await bench.plan({ source });
  await bench.writeExtents(plan, 0, { source });
  for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
  const whileRunning = filesBelow(vault.destination.path);
  await bench.commit(plan, { source });
  fs.appendFileSync(disk, randomBytes(10));
  const second = await bench.backUp({ source });
  expect(second.plan).toMatchObject({ level: 1, notes: [] });
  expect(second.extents).toMatchObject([{ sent: 1, unchanged: 5 }]);
  for (const { text } of [...whileRunning, ...filesBelow(vault.destination.path)]) {
    expect(text).not.toContain('salaries');
    expect(text).not.toContain('quick brown');
  }
  const identity = { file: vault.identity };
  for (const target of [
    { kind: 'local' as const, path: bench.path('here'), machine: 'test' },
    { kind: 'host' as const, host: 'web1', path: bench.path('there') },
  ]) {
    const { plan: restored, report } = await bench.restore({ identity, target });
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(await describeTree(restored.targetPath)).toEqual(await describeTree(bench.tree));
  }
  const plain = bench.path('plain');
  await recoverPlainly(join(vault.destination.path, 'web1/data'), second.commit.backupId, plain, vault.identity);
  expect(await describeTree(plain)).toEqual(await describeTree(bench.tree));
  const without = { kind: 'local' as const, path: bench.path('without'), machine: 'test' };
  await expect(bench.restore({ target: without })).rejects.toMatchObject({ type: 'IdentityMissing' });
});
