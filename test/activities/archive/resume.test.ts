import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ArchivePlan } from '../../../src/activities/contract.js';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { s3Destination } from '../../support/s3-destination.js';
import { startFaultProxy, type FaultProxy, type SeenRequest } from '../../support/s3-fault-proxy.js';
import { describeTree } from '../../support/tree-oracle.js';
import { startVersityGw, type S3TestServer } from '../../support/versitygw.js';

const MIB = 1024 * 1024;
const SMALL_SHARDS = { shardSizeBytes: 2 * MIB, compressionLevel: 3, parallelShards: 2 };
let bench: ArchiveBench;
const work = () => ({ source: { archive: SMALL_SHARDS } });

function fillTree(): void {
  for (const name of ['a', 'b', 'c', 'd'])
    execFileSync('dd', ['if=/dev/urandom', `of=${bench.tree}/${name}`, 'bs=1M', 'count=2', 'status=none']);
}

/** The shards from the first on, by attempts of one worker. */
async function writeShards(plan: ArchivePlan, shards: readonly number[]): Promise<boolean[]> {
  const reused: boolean[] = [];
  for (const shard of shards) reused.push((await bench.writeShard(plan, shard, work())).reused);
  return reused;
}

describe('in a directory', () => {
  beforeEach(async () => {
    bench = await startArchiveBench();
    fillTree();
  });
  afterEach(() => bench.stop());

  test('a stored shard is used again only when its content is what was stored', async () => {
    const plan = await bench.plan(work());
    expect(plan.shards).toBe(5);
    await writeShards(plan, [0, 1]);
    const folder = join(bench.vault, 'web1/data', plan.backupId);
    const [file = ''] = readdirSync(folder).filter((name) => name.startsWith('shard-00000'));
    const bytes = readFileSync(join(folder, file));
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    writeFileSync(join(folder, file), bytes);
    expect(await writeShards(plan, [0, 1, 2, 3, 4])).toEqual([false, true, false, false, false]);
    const { backupId } = await bench.commit(plan, work());
    const target = join(bench.directory, 'recovered');
    await recoverPlainly(join(bench.vault, 'web1/data'), backupId, target);
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
    expect(readdirSync(folder)).toHaveLength(7);
  });
});

describe('in a bucket', () => {
  let server: S3TestServer;
  let proxy: FaultProxy;
  beforeEach(async () => {
    server = await startVersityGw();
    await server.createBucket('backups');
    proxy = await startFaultProxy(server.port);
    bench = await startArchiveBench(s3Destination(server, { endpoint: proxy.endpoint }));
    fillTree();
  });
  afterEach(async () => {
    await bench?.stop();
    await proxy?.stop();
    await server?.stop();
  });

  const shardOf = ({ url }: SeenRequest): string | undefined => /shard-(\d{5})-[^/]*\.tar/.exec(url)?.[1];
  const uploads = (): (string | undefined)[] =>
    proxy.seen.filter((request) => request.method === 'PUT' && shardOf(request) !== undefined).map(shardOf);

  test('a run whose worker dies sends only the shards again that were in flight, and reads none', async () => {
    const plan = await bench.plan(work());
    await writeShards(plan, [0, 1]);
    // The worker dies while the bytes of the third are under way: of its request nobody hears again.
    const death = new AbortController();
    proxy.decide = (request) => {
      if (request.method !== 'PUT' || shardOf(request) !== '00002') return 'pass';
      setImmediate(() => death.abort());
      return 'never-answer';
    };
    const dying = bench.writeShard(plan, 2, { ...work(), control: { signal: death.signal } });
    await expect(dying).rejects.toThrow();
    proxy.decide = () => 'pass';
    expect(uploads()).toEqual(['00000', '00001', '00002']);

    expect(await writeShards(plan, [0, 1, 2, 3, 4])).toEqual([true, true, false, false, false]);
    await bench.commit(plan, work());
    expect(uploads()).toEqual(['00000', '00001', '00002', '00002', '00003', '00004']);
    expect(proxy.seen.filter((request) => request.method === 'GET' && shardOf(request) !== undefined)).toEqual([]);
  });

  test('a shard that has become another one of the same size meanwhile is sent again', async () => {
    const plan = await bench.plan(work());
    await writeShards(plan, [0]);
    const folder = join(server.directory, 'backups/web1/data', plan.backupId);
    const [name = ''] = readdirSync(folder).filter((file) => file.startsWith('shard-00000'));
    const storage = await bench.providers.openStorage(s3Destination(server));
    const key = `web1/data/${plan.backupId}/${name}`;
    const sizeBytes = (await storage.size(key)) ?? 0;
    await storage.remove([key]);
    await storage.putIfAbsent(key, Buffer.alloc(sizeBytes));
    await storage.close();
    expect(await writeShards(plan, [0])).toEqual([false]);
  });
});
