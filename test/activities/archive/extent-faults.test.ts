import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import type { RestoreBench } from '../../support/restore-bench.js';
import { startRestoreBench } from '../../support/restore-bench.js';

const KIB = 1024;
const archive = {
  shardSizeBytes: 128 * KIB * KIB,
  compressionLevel: 1,
  parallelShards: 2,
  largeFileSizeBytes: 256 * KIB,
  extentSizeBytes: 64 * KIB,
};
const source = { archive };

let bench: RestoreBench;
beforeAll(async () => {
  bench = await startRestoreBench();
});
afterAll(() => bench?.stop());
beforeEach(() => {
  for (const directory of [bench.vault, bench.tree]) {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(directory);
  }
  fs.writeFileSync(disk(), randomBytes(300 * KIB));
});
afterEach(async () => {
  for (const tool of ['dd', 'sha256sum', 'openssl', 'tee', 'cp', 'zstd']) await bench.replaceTool(tool, 'real');
});

const disk = (): string => join(bench.tree, 'disk');
const backUp = async () => {
  const run = await bench.backUp({ source });
  bench.settle(run.commit.backupId);
  return run;
};
const manifestOf = (id: string): Manifest =>
  JSON.parse(fs.readFileSync(join(bench.backupFolder(id), 'manifest.json'), 'utf8')) as Manifest;
const extentFiles = (id: string): string[] => {
  const folder = join(bench.backupFolder(id), 'extents');
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
};
/** dd reads the file's second extent. */
const SECOND = '[[ $* == *skip=65536* ]]';

describe('while a large file is read', () => {
  test('a write to it is a flaw, and it is read again by the next backup', async () => {
    await bench.replaceTool('dd', `${SECOND} && echo more >>${disk()}; exec $REAL "$@"`);
    const { extents, commit } = await backUp();
    expect(extents).toMatchObject([{ flaws: 1 }]);
    expect(commit).toMatchObject({
      status: 'warning',
      flaws: { count: 1, first: [{ path: 'disk', flaw: 'changed' }] },
    });
    await bench.replaceTool('dd', 'real');
    const { report } = await bench.restore({ point: { backupId: commit.backupId } });
    expect(report.status).toBe('warning');
    const second = await backUp();
    expect(second.commit.status).toBe('ok');
    const restored = await bench.restore();
    expect(fs.readFileSync(join(restored.plan.targetPath, 'disk')).equals(fs.readFileSync(disk()))).toBe(true);
  });

  test('its end is a deletion, its name being gone', async () => {
    await bench.replaceTool('dd', `${SECOND} && rm ${disk()}; exec $REAL "$@"`);
    const { commit } = await backUp();
    expect(commit).toMatchObject({ status: 'warning', flaws: { first: [{ path: 'disk', flaw: 'vanished' }] } });
    expect(manifestOf(commit.backupId)).toMatchObject({ deleted: 1, counts: { files: 0 } });
    expect(manifestOf(commit.backupId).extents).toBeUndefined();
    expect(extentFiles(commit.backupId)).toEqual([]);
  });

  test('a disk error makes it unreadable: the version before is what a restore gives', async () => {
    const before = fs.readFileSync(disk());
    await backUp();
    fs.appendFileSync(disk(), randomBytes(10 * KIB));
    await bench.replaceTool(
      'dd',
      `${SECOND} && { echo "dd: error reading './disk': Input/output error" >&2; exit 1; }; exec $REAL "$@"`,
    );
    const { commit } = await backUp();
    expect(commit.flaws.first).toMatchObject([
      { path: 'disk', flaw: 'unreadable', message: 'Cannot read: Input/output error' },
    ]);
    await bench.replaceTool('dd', 'real');
    const { plan, report } = await bench.restore();
    expect(plan.flaws.count).toBe(1);
    expect(report.status).toBe('warning');
    expect(fs.readFileSync(join(plan.targetPath, 'disk')).equals(before)).toBe(true);
    const plain = bench.path('plain');
    await recoverPlainly(join(bench.vault, 'web1', 'data'), commit.backupId, plain);
    expect(fs.readFileSync(join(plain, 'disk')).equals(before)).toBe(true);
  });

  test('it shrinks: what came is stored, and it is flawed', async () => {
    await bench.replaceTool('dd', `${SECOND} && truncate -s 70000 ${disk()}; exec $REAL "$@"`);
    const { commit } = await backUp();
    expect(commit.flaws.first).toMatchObject([{ path: 'disk', flaw: 'changed' }]);
    await bench.replaceTool('dd', 'real');
    const { plan } = await bench.restore();
    const restored = fs.readFileSync(join(plan.targetPath, 'disk'));
    expect(restored.subarray(0, 70_000).equals(fs.readFileSync(disk()))).toBe(true);
    expect(restored.subarray(70_000).every((byte) => byte === 0)).toBe(true);
  });

  test('a symbolic link takes its place: it is not followed', async () => {
    const secret = bench.path('secret');
    fs.writeFileSync(secret, randomBytes(300 * KIB));
    await bench.replaceTool('dd', `${SECOND} && ln -sf ${secret} ${disk()}; exec $REAL "$@"`);
    const { commit } = await backUp();
    expect(commit.flaws.first).toMatchObject([{ path: 'disk', flaw: 'unreadable' }]);
    expect(extentFiles(commit.backupId)).toEqual([]);
  });

  test('attributes that cannot be kept are a flaw', async () => {
    await bench.replaceTool(
      'cp',
      `$REAL "$@"; echo "cp: setting attribute 'user.x' for 'disk': Operation not supported" >&2; exit 1`,
    );
    const { commit } = await backUp();
    expect(commit.flaws.first).toMatchObject([
      { path: 'disk', flaw: 'changed', message: 'Warning: Cannot cp: Operation not supported' },
    ]);
  });

  test.each([
    ['dd is killed', 'dd', `${SECOND} && kill -KILL $$; exec $REAL "$@"`, 'TransferInterrupted'],
    ['tee is killed', 'tee', 'head -c 1000; kill -KILL $$', 'TransferInterrupted'],
    ['sha256sum says nothing', 'sha256sum', '$REAL >/dev/null', 'TransferInterrupted'],
    ['sha256sum is not there', 'sha256sum', 'exit 127', 'ToolMissing'],
    [
      'openssl loses its output',
      'openssl',
      '[ -t 0 ] || $REAL "$@" | { read -r line; case $line in e3b0*) echo "$line" ;; esac; }',
      'TransferInterrupted',
    ],
    ['dd gives less than there is and says nothing', 'dd', '$REAL "$@" | head -c 1000', 'TransferInterrupted'],
    ['dd ends with a status of its own', 'dd', '$REAL "$@"; exit 3', 'RemoteCommandFailed'],
    [
      'dd cannot write what it read',
      'dd',
      `echo "dd: error writing 'standard output': Broken pipe" >&2; exit 1`,
      'RemoteCommandFailed',
    ],
    ['dd says what nobody knows', 'dd', 'echo "haunted" >&2; exec $REAL "$@"', 'RemoteCommandFailed'],
  ])('%s: the batch fails, and no extent appears that is not whole', async (_what, tool, script, type) => {
    if (tool === 'sha256sum') await bench.replaceTool('openssl', 'missing');
    await bench.replaceTool(tool, script);
    const plan = await bench.plan({ source });
    await expect(bench.writeExtents(plan, 0, { source })).rejects.toMatchObject({ type });
    expect(extentFiles(plan.backupId).length).toBeLessThanOrEqual(type === 'TransferInterrupted' ? 5 : 0);
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    await expect(bench.commit(plan, { source })).rejects.toMatchObject({ type: 'ObjectMissing' });
  });
});

test('what is missing is named, though the stages before it were killed by its closed pipe', async () => {
  await bench.replaceTool('openssl', 'missing');
  await bench.replaceTool('sha256sum', 'exit 127');
  await bench.replaceTool('tee', 'kill -PIPE $$');
  const plan = await bench.plan({ source });
  await expect(bench.writeExtents(plan, 0, { source })).rejects.toMatchObject({
    type: 'ToolMissing',
    message: expect.stringContaining('no tool for sum') as string,
  });
});

describe('a batch of extents', () => {
  test('that was cut off goes on with the extent that was in flight', async () => {
    await bench.replaceTool('dd', `[[ $* == *skip=196608* ]] && kill -KILL $$; exec $REAL "$@"`);
    const plan = await bench.plan({ source });
    await expect(bench.writeExtents(plan, 0, { source })).rejects.toMatchObject({ type: 'TransferInterrupted' });
    expect(extentFiles(plan.backupId)).toHaveLength(3);
    await bench.replaceTool('dd', 'real');
    const second = await bench.writeExtents(plan, 0, { source });
    expect(second).toMatchObject({ sent: 5, reused: 3 });
    expect(extentFiles(plan.backupId)).toHaveLength(5);
    expect(await bench.writeExtents(plan, 0, { source })).toMatchObject({ sent: 5, reused: 5 });
    expect(extentFiles(plan.backupId)).toHaveLength(5);
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    const { backupId } = await bench.commit(plan, { source });
    expect((await bench.restore({ point: { backupId } })).report.status).toBe('ok');
  });

  test('sends an extent anew whose object is no longer what was stored, though it has its size', async () => {
    await bench.replaceTool('dd', `[[ $* == *skip=196608* ]] && kill -KILL $$; exec $REAL "$@"`);
    const plan = await bench.plan({ source });
    await expect(bench.writeExtents(plan, 0, { source })).rejects.toMatchObject({ type: 'TransferInterrupted' });
    await bench.replaceTool('dd', 'real');
    const object = join(bench.backupFolder(plan.backupId), 'extents', extentFiles(plan.backupId)[0] as string);
    fs.writeFileSync(object, randomBytes(fs.statSync(object).size));
    expect(await bench.writeExtents(plan, 0, { source })).toMatchObject({ sent: 5, reused: 2 });
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    const { backupId } = await bench.commit(plan, { source });
    expect((await bench.restore({ point: { backupId } })).report.status).toBe('ok');
  });

  test('is sent anew when the file was written to in between, and the file is not flawed for it', async () => {
    await bench.replaceTool('dd', `[[ $* == *skip=196608* ]] && kill -KILL $$; exec $REAL "$@"`);
    const plan = await bench.plan({ source });
    await expect(bench.writeExtents(plan, 0, { source })).rejects.toMatchObject({ type: 'TransferInterrupted' });
    await bench.replaceTool('dd', 'real');
    const handle = fs.openSync(disk(), 'r+');
    fs.writeSync(handle, randomBytes(100), 0, 100, 5);
    fs.closeSync(handle);
    expect(await bench.writeExtents(plan, 0, { source })).toMatchObject({ sent: 5, reused: 0, flaws: 0 });
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    const { backupId } = await bench.commit(plan, { source });
    // What the first attempt sent belongs to nothing.
    expect(extentFiles(backupId).filter((name) => !name.includes('map'))).toHaveLength(5);
    const { plan: restored } = await bench.restore({ point: { backupId } });
    expect(fs.readFileSync(join(restored.targetPath, 'disk')).equals(fs.readFileSync(disk()))).toBe(true);
  });

  test('and another of the same file that saw it in another state make it flawed', async () => {
    fs.writeFileSync(disk(), randomBytes(20 * 64 * KIB));
    const plan = await bench.plan({ source });
    expect(plan.extentBatches).toBe(2);
    expect(await bench.writeExtents(plan, 0, { source })).toMatchObject({ sent: 16, flaws: 0 });
    const handle = fs.openSync(disk(), 'r+');
    fs.writeSync(handle, randomBytes(5), 0, 5, 0);
    fs.closeSync(handle);
    expect(await bench.writeExtents(plan, 1, { source })).toMatchObject({ sent: 4, flaws: 0 });
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    const commit = await bench.commit(plan, { source });
    expect(commit).toMatchObject({ status: 'warning', flaws: { first: [{ path: 'disk', flaw: 'changed' }] } });
  });

  test('is not committed when one of its extents is gone', async () => {
    const plan = await bench.plan({ source });
    await bench.writeExtents(plan, 0, { source });
    for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
    const [first] = extentFiles(plan.backupId);
    fs.rmSync(join(bench.backupFolder(plan.backupId), 'extents', first as string));
    await expect(bench.commit(plan, { source })).rejects.toMatchObject({ type: 'ObjectMissing' });
  });
});

describe('a restore', () => {
  const nthExtent = (id: string, number: number): string =>
    join(bench.backupFolder(id), manifestOf(id).extents?.stored[number]?.name as string);

  test('names the extent that is damaged, and leaves no file that is not whole', async () => {
    const { commit } = await backUp();
    const object = nthExtent(commit.backupId, 2);
    const bytes = fs.readFileSync(object);
    bytes[100] = (bytes[100] as number) ^ 1;
    fs.writeFileSync(object, bytes);
    const target = { kind: 'local' as const, path: bench.path('damaged'), machine: 'test' };
    await expect(bench.restore({ target })).rejects.toMatchObject({
      type: 'ObjectDamaged',
      message: expect.stringContaining('extents/00000-0000002') as string,
    });
    expect(fs.readdirSync(target.path)).toEqual([]);
  });

  test.each(['web1', 'web2'])('names the extent that is damaged when it is sent to a host (%s)', async (host) => {
    const { commit } = await backUp();
    const object = nthExtent(commit.backupId, 2);
    const bytes = fs.readFileSync(object);
    bytes[100] = (bytes[100] as number) ^ 1;
    fs.writeFileSync(object, bytes);
    const target = { kind: 'host' as const, host, path: bench.path(`damaged-${host}`) };
    await expect(bench.restore({ target })).rejects.toMatchObject({
      type: 'ObjectDamaged',
      message: expect.stringContaining('extents/00000-0000002') as string,
    });
    expect(fs.readdirSync(target.path)).toEqual([]);
  });

  test.each([
    ['has another content than the map records', randomBytes(64 * KIB), 'not the one recorded'],
    ['has more content than its place', Buffer.alloc(50_000 * KIB, 'more'), 'does not decompress'],
  ])('names an extent that %s', async (_what, content, reason) => {
    const { commit } = await backUp();
    const object = nthExtent(commit.backupId, 1);
    const { size } = fs.statSync(object);
    const packed = execFileSync('zstd', ['-q', '-c', '-1'], { input: content });
    // A frame that is skipped makes up for the size, which is looked at first.
    const filler = Buffer.alloc(Math.max(0, size - packed.length));
    if (filler.length >= 8) {
      filler.writeUInt32LE(0x184d2a50, 0);
      filler.writeUInt32LE(filler.length - 8, 4);
    }
    fs.writeFileSync(object, Buffer.concat([packed, filler]));
    const target = { kind: 'local' as const, path: bench.path(`other-${content.length}`), machine: 'test' };
    await expect(bench.restore({ target })).rejects.toMatchObject({
      type: 'ObjectDamaged',
      message: expect.stringContaining(reason) as string,
    });
    expect(fs.readdirSync(target.path)).toEqual([]);
  });

  const WRITES = '[[ $* == *seek=65536* ]]';
  const READS = '[[ $* == *skip=65536* ]]';
  test.each([
    ['dd is killed as it writes', 'dd', `${WRITES} && kill -KILL $$; exec $REAL "$@"`, 'TransferInterrupted'],
    ['dd is killed as it reads again', 'dd', `${READS} && kill -KILL $$; exec $REAL "$@"`, 'TransferInterrupted'],
    ['zstd is killed', 'zstd', 'kill -KILL $$', 'TransferInterrupted'],
    [
      'the disk is full',
      'dd',
      `${WRITES} && { echo "dd: error writing './disk': No space left on device" >&2; exit 1; }; exec $REAL "$@"`,
      'RestoreTargetFull',
    ],
    [
      'dd writes nothing and says that it did',
      'dd',
      `${WRITES} && set -- "$@" of=/dev/null; exec $REAL "$@"`,
      'ObjectDamaged',
    ],
  ])('%s: it fails, and leaves no file', async (_what, tool, script, type) => {
    await backUp();
    await bench.replaceTool(tool, script);
    const target = { kind: 'host' as const, host: 'web1', path: fs.mkdtempSync(bench.path('faults-')) };
    await expect(bench.restore({ target })).rejects.toMatchObject({ type });
    expect(fs.readdirSync(target.path)).toEqual([]);
  });

  test('of a backup that lacks an extent changes nothing, and the next backup starts a new chain', async () => {
    const { commit } = await backUp();
    fs.rmSync(nthExtent(commit.backupId, 1));
    const target = { kind: 'local' as const, path: bench.path('missing'), machine: 'test' };
    await expect(bench.restore({ target })).rejects.toMatchObject({ type: 'ObjectMissing' });
    expect(fs.existsSync(target.path)).toBe(false);
    fs.appendFileSync(disk(), 'x');
    expect((await backUp()).plan).toMatchObject({ level: 0, notes: [expect.stringContaining('is missing')] });
  });

  test('refuses a map that is damaged, and an index that names a map which is not there', async () => {
    const { commit } = await backUp();
    const map = join(bench.backupFolder(commit.backupId), manifestOf(commit.backupId).extents?.maps[0]?.name as string);
    const bytes = fs.readFileSync(map);
    fs.writeFileSync(map, Buffer.concat([bytes.subarray(0, -1), Buffer.from([0])]));
    await expect(bench.restore()).rejects.toMatchObject({ type: 'ObjectDamaged' });
    fs.writeFileSync(map, bytes);
    bench.rewriteManifest(commit.backupId, (manifest) => ({
      ...manifest,
      extents: { maps: [], stored: [], rawBytes: 0 },
    }));
    await expect(bench.restore()).rejects.toMatchObject({ type: 'ObjectDamaged' });
  });
});
