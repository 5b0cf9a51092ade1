import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomTree } from '../../support/random-tree.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { s3Destination } from '../../support/s3-destination.js';
import { describeTree } from '../../support/tree-oracle.js';
import { type S3TestServer, startVersityGw } from '../../support/versitygw.js';

let server: S3TestServer;
let bench: RestoreBench;
beforeAll(async () => {
  server = await startVersityGw();
  await server.createBucket('backups');
  const objects = join(server.directory, 'backups');
  bench = await startRestoreBench({ ...s3Destination(server), name: 'vault' }, objects);
  const tree = new RandomTree(bench.tree, 11);
  tree.grow(40);
  bench.settle((await bench.backUp()).plan.backupId);
  tree.change(12);
  writeFileSync(join(bench.tree, 'newest'), 'of level 1');
  await bench.backUp();
});
afterAll(async () => {
  await bench.stop();
  await server.stop();
});

test('a chain in a bucket comes back, here and on a host without zstd', async () => {
  const expected = await describeTree(bench.tree);
  const here = await bench.restore();
  expect(here.report.status).toBe('ok');
  expect(await describeTree(here.plan.targetPath)).toEqual(expected);
  const path = bench.path('targets/elsewhere');
  const there = await bench.restore({ target: { kind: 'host', host: 'web2', path } });
  expect(there.report.status).toBe('ok');
  expect(await describeTree(path)).toEqual(expected);
});

test('a damaged object of a bucket is found before anything of it is unpacked', async () => {
  const folder = join(server.directory, 'backups/web1/data');
  const newest = readdirSync(folder).filter((name) => name.endsWith('-1'))[0] as string;
  const shard = readdirSync(join(folder, newest)).filter((name) => name.startsWith('shard-00000'))[0] as string;
  const file = join(folder, newest, shard);
  const bytes = readFileSync(file);
  bytes[20] = (bytes[20] as number) ^ 1;
  writeFileSync(file, bytes);
  const target = bench.path('targets/damaged');
  mkdirSync(target);
  const request = { target: { kind: 'local', path: target, machine: 'test' } as const, include: ['/newest'] };
  await expect(bench.restore(request)).rejects.toMatchObject({ type: 'ObjectDamaged' });
  expect(existsSync(join(target, 'newest'))).toBe(false);
  rmSync(target, { recursive: true });
});
