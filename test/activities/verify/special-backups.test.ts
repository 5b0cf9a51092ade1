import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { consolidateBackup } from '../../../src/activities/archive/consolidate-backup.js';
import type { ManifestExtents, StoredObject } from '../../../src/core/archive/manifest.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { makeEncryptedVault } from '../../support/encrypted-vault.js';
import { RandomTree } from '../../support/random-tree.js';
import { startRestoreBench } from '../../support/restore-bench.js';
import { verifySource } from '../../support/verify-bench.js';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('an encrypted chain is read back with the recipient’s key; without it only its structure can be verified', async () => {
  const vault = await makeEncryptedVault();
  ends.push(() => vault.remove());
  const bench = await startArchiveBench(vault.destination);
  ends.push(() => bench.stop());
  fs.writeFileSync(join(bench.tree, 'secret'), 'secret');
  await bench.backUp();
  fs.writeFileSync(join(bench.tree, 'more'), 'more');
  await bench.backUp();
  const structure = await verifySource(bench, {});
  expect(structure.map(({ damage }) => damage.count)).toEqual([0, 0]);
  await expect(verifySource(bench, {}, { readPercent: 100 })).rejects.toMatchObject({ type: 'IdentityMissing' });
  const destination = { ...vault.destination, restoreIdentity: { file: vault.identity } };
  const read = await verifySource(bench, { destination }, { readPercent: 100 });
  expect(read.map(({ damage }) => damage.first)).toEqual([[], []]);
  expect(read.flatMap(({ data }) => data).reduce((sum, { members }) => sum + members, 0)).toBeGreaterThan(2);
});

test('a consolidated backup is whole although its shards hold members that are not of it', async () => {
  const bench = await startRestoreBench();
  ends.push(() => bench.stop());
  const small = { archive: { shardSizeBytes: 60_000, compressionLevel: 1, parallelShards: 2 } };
  const tree = new RandomTree(bench.tree, 7);
  tree.grow(60);
  for (let level = 0; level < 3; level += 1) {
    if (level > 0) tree.change(20);
    bench.settle((await bench.backUp({ source: small })).plan.backupId);
  }
  await consolidateBackup(bench.providers, bench.control(), {
    configPath: bench.request().configPath,
    host: 'web1',
    source: 'data',
    maxDeadPercent: 100,
    startedAtMs: Date.now(),
    run: { workflowId: 'consolidate/web1/data', runId: 'run-9' },
  });
  const verified = await verifySource(bench, small, { readPercent: 100 });
  expect(verified).toHaveLength(1);
  expect(verified[0]?.damage.first).toEqual([]);
});

test('a backup with a large file in extents is read back, and a damaged extent names the file', async () => {
  const bench = await startArchiveBench();
  ends.push(() => bench.stop());
  fs.writeFileSync(join(bench.tree, 'image'), Buffer.alloc(5_000_000, 'content '));
  fs.writeFileSync(join(bench.tree, 'small'), 'small');
  const usual = bench.source().archive;
  const source = { archive: { ...usual, largeFileSizeBytes: 1_048_576 } };
  const { plan } = await bench.backUp({ source });
  const folder = join(bench.vault, 'web1/data', plan.backupId);
  const extents = fs.existsSync(join(folder, 'extents')) ? fs.readdirSync(join(folder, 'extents')) : [];
  expect(extents.length).toBeGreaterThan(1);
  const good = await verifySource(bench, source, { readPercent: 100 });
  expect(good[0]?.damage.first).toEqual([]);
  const extent = join(folder, 'extents', extents.find((name) => !name.includes('map')) ?? '');
  const bytes = fs.readFileSync(extent);
  bytes[20] = (bytes[20] as number) ^ 1;
  fs.writeFileSync(extent, bytes);
  const bad = await verifySource(bench, source, { readPercent: 100 });
  expect(bad[0]?.record?.files).toEqual({ count: 1, first: [{ path: 'image', backups: [plan.backupId] }] });
});

test('an extent that is what the manifest says, but not what its map says, is damaged', async () => {
  const bench = await startRestoreBench();
  ends.push(() => bench.stop());
  fs.writeFileSync(join(bench.tree, 'image'), Buffer.alloc(2_000_000, 'content '));
  const source = { archive: { ...bench.source().archive, largeFileSizeBytes: 1_048_576, extentSizeBytes: 1_048_576 } };
  const { plan } = await bench.backUp({ source });
  const other = execFileSync('zstd', ['-q', '-c'], { input: Buffer.alloc(1_048_576, 'another ') });
  bench.rewriteManifest(plan.backupId, (manifest) => {
    const { maps, stored, rawBytes } = manifest.extents as ManifestExtents;
    const [first, ...rest] = stored as [StoredObject, ...StoredObject[]];
    fs.writeFileSync(join(bench.backupFolder(plan.backupId), first.name), other);
    const replaced = {
      name: first.name,
      sizeBytes: other.length,
      sha256: createHash('sha256').update(other).digest('hex'),
    };
    return { ...manifest, extents: { maps, stored: [replaced, ...rest], rawBytes } };
  });
  const verified = await verifySource(bench, source, { readPercent: 100 });
  expect(verified[0]?.damage.first).toMatchObject([{ problem: expect.stringContaining('map') as string }]);
  expect(verified[0]?.record?.files).toMatchObject({ count: 1, first: [{ path: 'image' }] });
});
