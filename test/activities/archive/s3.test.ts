import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { s3Destination } from '../../support/s3-destination.js';
import { describeTree } from '../../support/tree-oracle.js';
import type { S3TestServer } from '../../support/versitygw.js';
import { startVersityGw } from '../../support/versitygw.js';

let server: S3TestServer;
let bench: ArchiveBench;
beforeAll(async () => {
  server = await startVersityGw();
  await server.createBucket('backups');
  bench = await startArchiveBench(s3Destination(server, { prefix: 'fleet' }));
});
afterAll(async () => {
  await bench?.stop();
  await server?.stop();
});

test('a chain in a bucket is the same as in a directory, whoever compresses', async () => {
  fs.mkdirSync(join(bench.tree, 'd'));
  execFileSync('dd', ['if=/dev/urandom', `of=${bench.tree}/d/noise`, 'bs=1M', 'count=40', 'status=none']);
  fs.writeFileSync(join(bench.tree, 'a'), 'a');
  await bench.backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  fs.rmSync(join(bench.tree, 'a'));
  await bench.replaceTool('zstd', 'missing');
  const { plan, commit } = await bench.backUp();
  expect(plan).toMatchObject({ level: 1, changed: 2, deleted: 1, compressOn: 'worker' });
  const target = join(bench.directory, 'recovered');
  // The server keeps objects as files.
  await recoverPlainly(join(server.directory, 'backups/fleet/web1/data'), commit.backupId, target);
  expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
});
