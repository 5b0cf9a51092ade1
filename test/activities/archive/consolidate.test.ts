import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { consolidateBackup } from '../../../src/activities/archive/consolidate-backup.js';
import { openRepository } from '../../../src/activities/archive/open-repository.js';
import { writeDamage } from '../../../src/activities/verify/damage-records.js';
import type { ConsolidateBackupInput } from '../../../src/activities/contract.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { collected } from '../../support/object-feed.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { makeEncryptedVault } from '../../support/encrypted-vault.js';
import { RandomTree } from '../../support/random-tree.js';
import { copyTree, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { s3Destination } from '../../support/s3-destination.js';
import { startFaultProxy } from '../../support/s3-fault-proxy.js';
import { describeTree } from '../../support/tree-oracle.js';
import { startVersityGw } from '../../support/versitygw.js';

let bench: RestoreBench;
const RUN = { workflowId: 'consolidate/web1/data', runId: 'run-9' };
const consolidate = (news: Partial<ConsolidateBackupInput> = {}) =>
  consolidateBackup(bench.providers, bench.control(), {
    configPath: bench.request().configPath,
    host: 'web1',
    source: 'data',
    maxDeadPercent: 100,
    startedAtMs: Date.now(),
    run: RUN,
    ...news,
  });
const small: Partial<SourcePlan> = {
  archive: { shardSizeBytes: 60_000, compressionLevel: 1, parallelShards: 2 },
};
/** The state of a point as a restore gives it. */
async function restored(backupId: string) {
  const { plan, report } = await bench.restore({ point: { backupId } });
  expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
  return describeTree(plan.targetPath);
}
async function randomChain(levels: number): Promise<string> {
  const tree = new RandomTree(bench.tree, 7);
  let newest = '';
  for (let level = 0; level < levels; level += 1) {
    if (level === 0) tree.grow(60);
    else tree.change(20);
    newest = (await bench.backUp({ source: small })).plan.backupId;
    bench.settle(newest);
  }
  return newest;
}

describe('in a directory', () => {
  beforeEach(async () => {
    bench = await startRestoreBench();
  });
  afterEach(() => bench.stop());

  test('a random chain becomes a level 0 of the same state without the host, and outlives the chain', async () => {
    const newest = await randomChain(4);
    const expected = await describeTree(bench.tree);
    const noHost = { ...bench.providers, runnerFor: () => expect.unreachable('the host is not to be asked') };
    const result = await consolidateBackup(noHost, bench.control(), {
      configPath: bench.request().configPath,
      host: 'web1',
      source: 'data',
      maxDeadPercent: 100,
      startedAtMs: Date.now(),
      run: RUN,
    });
    expect(result).toMatchObject({ from: newest });
    expect(result.backupId).toMatch(/-0$/);
    expect(result.deadBytes).toBeGreaterThan(0);
    expect(await restored(result.backupId)).toEqual(expected);

    // Attempted again after its end, it finds itself done.
    expect(await consolidate()).toEqual(result);
    const target = bench.path('recovered');
    await recoverPlainly(join(bench.vault, 'web1/data'), result.backupId, target);
    expect(await describeTree(target)).toEqual(expected);

    // The next backup goes on from it as from any other: nothing has changed.
    const next = await bench.backUp({ source: small, startedAtMs: Date.now() + 60_000 });
    expect(next.plan).toMatchObject({ level: 1, parent: result.backupId, changed: 0, deleted: 0 });
    new RandomTree(bench.tree, 8).change(15);
    const last = await bench.backUp({ source: small, startedAtMs: Date.now() + 120_000 });
    for (const id of readdirSync(join(bench.vault, 'web1/data')))
      if (id <= newest) rmSync(bench.backupFolder(id), { recursive: true });
    expect(await restored(result.backupId)).toEqual(expected);
    expect(await restored(last.plan.backupId)).toEqual(await describeTree(bench.tree));
  });

  test('large files take their living extents along, and no others', async () => {
    const MIB = 1024 * 1024;
    const large: Partial<SourcePlan> = {
      archive: {
        shardSizeBytes: 134_217_728,
        compressionLevel: 1,
        parallelShards: 2,
        largeFileSizeBytes: 4 * MIB,
        extentSizeBytes: MIB,
      },
    };
    const disk = join(bench.tree, 'disk');
    execFileSync('dd', ['if=/dev/urandom', `of=${disk}`, 'bs=1M', 'count=6', 'status=none']);
    execFileSync('cp', [disk, join(bench.tree, 'gone')]);
    await bench.backUp({ source: large });
    execFileSync('dd', ['if=/dev/urandom', `of=${disk}`, 'bs=1M', 'count=1', 'seek=2', 'conv=notrunc', 'status=none']);
    rmSync(join(bench.tree, 'gone'));
    await bench.backUp({ source: large });
    const expected = await describeTree(bench.tree);
    const { backupId } = await consolidate();
    const extents = readdirSync(join(bench.backupFolder(backupId), 'extents'));
    expect(extents.filter((name) => !name.includes('-map-'))).toHaveLength(6);
    for (const id of readdirSync(join(bench.vault, 'web1/data')))
      if (id !== backupId) rmSync(bench.backupFolder(id), { recursive: true });
    expect(await restored(backupId)).toEqual(expected);
  });

  test('is refused for a level 0, for a chain that is damaged, and where most would be dead space', async () => {
    mkdirSync(join(bench.tree, 'd'));
    for (const name of ['a', 'b', 'c'])
      execFileSync('dd', ['if=/dev/urandom', `of=${bench.tree}/${name}`, 'bs=1M', 'count=1', 'status=none']);
    const base = await bench.backUp();
    await expect(consolidate()).rejects.toMatchObject({ type: 'ConsolidationRefused', message: /is a level 0/ });
    for (const name of ['a', 'b']) rmSync(join(bench.tree, name));
    const next = await bench.backUp();
    const refused = consolidate({ maxDeadPercent: 50 });
    await expect(refused).rejects.toMatchObject({ type: 'ConsolidationRefused', message: /67 % of the content/ });
    const storage = await openRepository(bench.providers, bench.source().destination);
    await writeDamage(storage, {
      host: 'web1',
      source: 'data',
      backupId: base.plan.backupId,
    } as Parameters<typeof writeDamage>[1]);
    await expect(consolidate()).rejects.toMatchObject({ type: 'ConsolidationRefused', message: /is damaged/ });
    expect(readdirSync(join(bench.vault, 'web1/data')).sort()).toEqual([base.plan.backupId, next.plan.backupId].sort());
  });

  test('a chain with a missing middle is ChainBroken, and nothing is made', async () => {
    const newest = await randomChain(3);
    const ids = readdirSync(join(bench.vault, 'web1/data')).sort();
    rmSync(join(bench.backupFolder(ids[1] ?? ''), 'manifest.json'));
    await expect(consolidate()).rejects.toMatchObject({ type: 'ChainBroken' });
    expect(readdirSync(join(bench.vault, 'web1/data')).sort()).toEqual(ids);
    expect(ids.at(-1)).toBe(newest);
  });

  test('a backup that is committed meanwhile is not hidden: ChainMoved, and the next attempt takes it along', async () => {
    await randomChain(2);
    let other = '';
    const openStorage: typeof bench.providers.openStorage = async (destination) => {
      const storage = await bench.providers.openStorage(destination);
      const copy = storage.copy.bind(storage);
      return Object.assign(storage, {
        copy: async (...args: Parameters<typeof copy>) => {
          if (other === '') {
            other = 'being made';
            writeFileSync(join(bench.tree, 'new'), 'new');
            other = (await bench.backUp({ source: small })).plan.backupId;
          }
          return copy(...args);
        },
      });
    };
    const providers = { ...bench.providers, openStorage };
    const input = {
      configPath: bench.request().configPath,
      host: 'web1',
      source: 'data',
      maxDeadPercent: 100,
      run: RUN,
    };
    const moved = consolidateBackup(providers, bench.control(), { ...input, startedAtMs: Date.now() });
    await expect(moved).rejects.toMatchObject({ type: 'ChainMoved' });
    const result = await consolidate();
    expect(result.from).toBe(other);
    expect(existsSync(join(bench.backupFolder(result.backupId), 'manifest.json'))).toBe(true);
  });
});

test('in a bucket the server copies: no content of shards comes through the worker', async () => {
  const server = await startVersityGw();
  const proxy = await startFaultProxy(server.port);
  try {
    await server.createBucket('backups');
    const destination = s3Destination(server, { endpoint: proxy.endpoint });
    bench = await startRestoreBench(destination, join(server.directory, 'backups'));
    for (const name of ['a', 'b']) writeFileSync(join(bench.tree, name), name);
    await bench.backUp();
    writeFileSync(join(bench.tree, 'c'), 'c');
    const newest = await bench.backUp();
    copyTree(bench.tree, bench.path('copy'));
    proxy.seen.length = 0;
    const result = await consolidate();
    expect(result).toMatchObject({ from: newest.plan.backupId, status: 'ok' });
    const shards = proxy.seen.filter(({ method, url }) => url.includes('/shard-') && method !== 'HEAD');
    expect(shards.map(({ method, headers }) => [method, headers['x-amz-copy-source'] !== undefined])).toEqual(
      Array.from({ length: result.shards }, () => ['PUT', true]),
    );
    expect(await restored(result.backupId)).toEqual(await describeTree(bench.path('copy')));
    const storage = await bench.providers.openStorage(destination);
    const keys = (await collected(storage.listAll(`web1/data/${result.backupId}/`))).map(({ key }) => key);
    expect(keys).toHaveLength(result.shards + 2);
    await storage.close();
  } finally {
    await bench?.stop();
    await proxy.stop();
    await server.stop();
  }
});

test('an encrypted chain is consolidated with the worker’s own key; only the recipient can restore it', async () => {
  const vault = await makeEncryptedVault();
  try {
    bench = await startRestoreBench(vault.destination, vault.destination.path);
    for (const name of ['kept', 'gone']) writeFileSync(join(bench.tree, name), name);
    await bench.backUp();
    rmSync(join(bench.tree, 'gone'));
    writeFileSync(join(bench.tree, 'new'), 'new');
    await bench.backUp();
    const expected = await describeTree(bench.tree);
    const { backupId } = await consolidate();
    for (const name of readdirSync(bench.backupFolder(backupId))) expect(name).toMatch(/\.age$|^manifest\.json$/);
    const identity = { file: vault.identity };
    const { plan, report } = await bench.restore({ point: { backupId }, identity });
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(await describeTree(plan.targetPath)).toEqual(expected);
    const target = bench.path('recovered');
    await recoverPlainly(join(vault.destination.path, 'web1/data'), backupId, target, vault.identity);
    expect(await describeTree(target)).toEqual(expected);
  } finally {
    await bench?.stop();
    vault.remove();
  }
});
