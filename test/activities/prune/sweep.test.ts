import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeRunMark } from '../../../src/activities/archive/run-mark.js';
import { backupId } from '../../../src/core/ids.js';
import { backupPrefix, manifestKey, planPrefix } from '../../../src/core/archive/manifest-keys.js';
import type { DestinationPlan } from '../../../src/core/plan.js';
import { collected } from '../../support/object-feed.js';
import { DAY_MS, IDLE, NOW, type PruneBench, startPruneBench } from '../../support/prune-bench.js';
import { s3Destination } from '../../support/s3-destination.js';
import { startVersityGw, type S3TestServer } from '../../support/versitygw.js';

/** Storage gives objects the time of now: the prune's own clock goes ahead instead. */
const LATER = Date.now() + 4 * DAY_MS;
const SOON = Date.now() + 2 * DAY_MS;
const ABANDONED = backupId(NOW, 0);
const PREFIX = backupPrefix('web1', 'data', ABANDONED);

let bench: PruneBench;
beforeEach(async () => {
  bench = await startPruneBench();
  await bench.configure({});
});
afterEach(() => bench.stop());

const put = (key: string) => bench.storage.putIfAbsent(key, Buffer.from(key));
const sweep = (nowMs: number, runs: Partial<typeof IDLE> = {}) =>
  bench.prune({ sweepOnly: true, nowMs }, bench.providers({ runs: { ...IDLE, ...runs } }));

/** A backup whose run was cut off: a plan, a shard of it, no manifest. */
async function abandonedRun(): Promise<void> {
  const plan = planPrefix(PREFIX, 'a');
  await writeRunMark(bench.storage, plan, { workflowId: 'host/web1', runId: 'dead' });
  for (const name of ['plan.json', 'done/00000/a.json']) await put(plan + name);
  await put(`${PREFIX}shard-00000-a.tar.zst`);
}

describe('what an abandoned run left', () => {
  test('is removed after three days, and nothing of backups', async () => {
    const kept = await bench.backup(9);
    await abandonedRun();
    expect(await sweep(SOON)).toMatchObject({ swept: { objects: 0 } });
    expect(await sweep(LATER)).toMatchObject({ status: 'ok', swept: { objects: 4, unfinished: 0 }, deleted: 0 });
    expect(await bench.keys(PREFIX)).toEqual([]);
    expect(await bench.committed()).toEqual([kept]);
    expect(await bench.keys(`web1/data/${kept}/`)).toHaveLength(3);
  });

  test('stays while its run goes on, whatever other runs do, and while nobody can say', async () => {
    await abandonedRun();
    const asked: unknown[] = [];
    const isOpen = async (run: { workflowId: string; runId?: string }) => {
      asked.push(run);
      return run.runId === 'dead';
    };
    expect(await sweep(LATER, { isOpen })).toMatchObject({ swept: { objects: 0 }, notes: [] });
    expect(asked).toEqual([{ workflowId: 'host/web1', runId: 'dead' }]);
    const silent = await sweep(LATER, { isOpen: async () => undefined });
    expect(silent.swept.objects).toBe(0);
    expect(silent.notes).toEqual([`What a run left in ${ABANDONED} stays: nobody could say whether the run is over.`]);
    expect(await bench.keys(PREFIX)).toHaveLength(4);
    const another = { isOpen: async (run: { runId?: string }) => run.runId !== 'dead' };
    expect(await sweep(LATER, another)).toMatchObject({ swept: { objects: 4 } });
  });

  test('without the mark of its run stays while any run of its host goes on', async () => {
    await put(`${PREFIX}shard-00000-a.tar.zst`);
    const isOpen = async ({ workflowId }: { workflowId: string }) => workflowId === 'host/web1';
    expect(await sweep(LATER, { isOpen })).toMatchObject({ swept: { objects: 0 } });
    expect(await sweep(LATER)).toMatchObject({ swept: { objects: 1 } });
  });

  test('in a committed backup’s prefix is removed, and what the manifest names is not', async () => {
    const id = await bench.backup(9);
    const prefix = backupPrefix('web1', 'data', id);
    await put(`${prefix}shard-00000-b.tar.zst`);
    await put(`${planPrefix(prefix, 'b')}plan.json`);
    const asked: unknown[] = [];
    const isOpen = async (run: unknown) => {
      asked.push(run);
      return false;
    };
    expect(await sweep(LATER, { isOpen })).toMatchObject({ swept: { objects: 2 } });
    expect(asked).toEqual([{ workflowId: 'host/web1', runId: `run-of-${id}` }]);
    expect(await bench.keys(prefix)).toHaveLength(3);
  });

  test('is not what is left of a backup whose manifest is gone and on which others are built', async () => {
    const base = await bench.backup(9);
    const next = await bench.backup(8, { parent: base });
    await bench.storage.remove([manifestKey('web1', 'data', base)]);
    const { swept, notes } = await sweep(LATER);
    expect(swept.objects).toBe(0);
    expect(notes).toEqual([`${base} has no manifest, and newer backups are built on it: it stays as it is.`]);
    expect(await bench.committed()).toEqual([next]);
  });
});

async function killedWorker(destination: DestinationPlan, key: string): Promise<void> {
  const script = new URL('../../support/abandoned-writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(destination), key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await closed;
}

test('the hidden file of a worker killed in mid-shard is removed when it is old', async () => {
  const path = join(bench.directory, 'vault');
  await killedWorker({ name: 'vault', type: 'local', path }, `${PREFIX}shard-00000-a.tar.zst`);
  expect(await sweep(SOON)).toMatchObject({ swept: { unfinished: 0 } });
  const [left] = readdirSync(join(path, PREFIX));
  utimesSync(join(path, PREFIX, left ?? ''), new Date(), new Date(Date.now() - 5 * DAY_MS));
  expect(await sweep(Date.now(), { isOpen: async () => true })).toMatchObject({ swept: { unfinished: 0 } });
  expect(await sweep(Date.now())).toMatchObject({ swept: { unfinished: 1 } });
  expect(readdirSync(path)).toEqual([]);
});

describe('in a bucket', () => {
  let server: S3TestServer;
  let inBucket: PruneBench;
  let destination: DestinationPlan;
  beforeAll(async () => {
    server = await startVersityGw();
    await server.createBucket('backups');
    const plan = s3Destination(server, { name: 'vault', prefix: 'fleet' });
    destination = plan;
    const { type, bucket, prefix, endpoint, accessKeyId, secretAccessKey } = plan;
    const text = { type, bucket, prefix, endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    inBucket = await startPruneBench({ destination, text });
    await inBucket.configure({});
  });
  afterAll(async () => {
    await inBucket?.stop();
    await server?.stop();
  });

  test('the upload of a worker killed in mid-shard is aborted when it is old', async () => {
    await killedWorker(destination, `${PREFIX}shard-00000-a.tar.zst`);
    const uploads = () => collected(inBucket.storage.listUnfinished(''));
    expect(await uploads()).toHaveLength(1);
    expect(await inBucket.prune({ sweepOnly: true, nowMs: SOON })).toMatchObject({ swept: { unfinished: 0 } });
    const runs = { ...IDLE, isOpen: async () => true };
    await inBucket.prune({ sweepOnly: true, nowMs: LATER }, inBucket.providers({ runs }));
    expect(await uploads()).toHaveLength(1);
    expect(await inBucket.prune({ sweepOnly: true, nowMs: LATER })).toMatchObject({ swept: { unfinished: 1 } });
    expect(await uploads()).toEqual([]);
  });
});
