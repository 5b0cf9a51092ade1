import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import { objectsOf } from '../../../src/core/archive/chain.js';
import { randomNumbers } from '../../support/random-tree.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import type { RestoreBench } from '../../support/restore-bench.js';
import { startRestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

const KIB = 1024;
/** Extents of 64 KiB: what 64 MiB does for files of GiB, in little. */
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
});
afterEach(async () => {
  for (const tool of ['dd', 'sha256sum', 'openssl', 'tee', 'cp', 'zstd', 'tar']) await bench.replaceTool(tool, 'real');
});

const file = (name: string): string => join(bench.tree, name);
const backUp = async () => {
  const run = await bench.backUp({ source });
  bench.settle(run.commit.backupId);
  return run;
};
const total = (extents: readonly { sent: number; unchanged: number; holes: number }[]) => ({
  sent: extents.reduce((sum, one) => sum + one.sent, 0),
  unchanged: extents.reduce((sum, one) => sum + one.unchanged, 0),
  holes: extents.reduce((sum, one) => sum + one.holes, 0),
});
const manifestOf = (id: string): Manifest =>
  JSON.parse(fs.readFileSync(join(bench.backupFolder(id), 'manifest.json'), 'utf8')) as Manifest;
const overwrite = (name: string, offsetBytes: number, bytes: Uint8Array): void => {
  const handle = fs.openSync(file(name), 'r+');
  fs.writeSync(handle, bytes, 0, bytes.length, offsetBytes);
  fs.closeSync(handle);
};
const objects = (id: string): string[] =>
  fs.readdirSync(bench.backupFolder(id), { recursive: true, encoding: 'utf8' }).sort();
const restoredTree = async (id: string, news = {}) => {
  const { plan, report } = await bench.restore({ point: { backupId: id }, ...news });
  return { tree: await describeTree(plan.targetPath), plan, report };
};

describe('a large file', () => {
  test('is stored in extents, and its attributes as a skeleton; smaller and hard-linked ones are not', async () => {
    fs.writeFileSync(file('disk'), randomBytes(300 * KIB));
    fs.writeFileSync(file('small'), randomBytes(200 * KIB));
    fs.writeFileSync(file('linked'), randomBytes(300 * KIB));
    fs.linkSync(file('linked'), file('other'));
    const { plan, extents, commit } = await backUp();
    expect(plan).toMatchObject({ extentBatches: 1, shards: 3 });
    expect(total(extents)).toEqual({ sent: 5, unchanged: 0, holes: 0 });
    expect(commit.status).toBe('ok');
    const manifest = manifestOf(commit.backupId);
    expect(manifest.shards.map(({ kind, entries }) => [kind, entries])).toEqual([
      ['content', 3],
      ['skeletons', 1],
      ['directories', 1],
    ]);
    expect(manifest.extents).toMatchObject({ maps: [{ number: 0, extentSizeBytes: 64 * KIB }], rawBytes: 300 * KIB });
    expect(manifest.extents?.stored).toHaveLength(5);
    expect(
      objects(commit.backupId).filter(
        (name) => !fs.statSync(join(bench.backupFolder(commit.backupId), name)).isDirectory(),
      ),
    ).toEqual(['manifest.json', ...objectsOf(manifest).map(({ name }) => name)].sort());
    const { tree, report } = await restoredTree(commit.backupId);
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(tree).toEqual(await describeTree(bench.tree));
  });

  test('of which a piece has changed sends only that piece; nothing for attributes alone', async () => {
    await bench.replaceTool('openssl', 'missing');
    fs.writeFileSync(file('disk'), randomBytes(1000 * KIB));
    const first = await backUp();
    await bench.replaceTool('openssl', 'real');
    overwrite('disk', 200 * KIB, randomBytes(10));
    const second = await backUp();
    expect(second.plan).toMatchObject({ level: 1, notes: [] });
    expect(total(second.extents)).toEqual({ sent: 1, unchanged: 15, holes: 0 });
    fs.chmodSync(file('disk'), 0o640);
    const third = await backUp();
    expect(total(third.extents)).toEqual({ sent: 0, unchanged: 16, holes: 0 });
    expect(manifestOf(third.commit.backupId).extents?.stored).toEqual([]);
    expect((await backUp()).plan).toMatchObject({ changed: 0, shards: 0 });
    const { tree, report } = await restoredTree(third.commit.backupId);
    expect(report.status).toBe('ok');
    expect(tree).toEqual(await describeTree(bench.tree));
    expect((await restoredTree(first.commit.backupId)).report.status).toBe('ok');
    const plain = bench.path('plain-chain');
    await recoverPlainly(join(bench.vault, 'web1', 'data'), third.commit.backupId, plain);
    expect(await describeTree(plain)).toEqual(await describeTree(bench.tree));
  });

  test('grows, shrinks, becomes small and large again, and each point comes back', async () => {
    const points: { id: string; hash: string }[] = [];
    const hash = (path: string): string => createHash('sha256').update(fs.readFileSync(path)).digest('hex');
    const content = randomBytes(2000 * KIB);
    for (const sizeKib of [500, 1100, 333, 100, 700]) {
      fs.writeFileSync(file('disk'), content.subarray(0, sizeKib * KIB));
      const { commit } = await backUp();
      points.push({ id: commit.backupId, hash: hash(file('disk')) });
    }
    for (const point of points) {
      const { plan, report } = await bench.restore({ point: { backupId: point.id } });
      expect(report.status).toBe('ok');
      expect(hash(join(plan.targetPath, 'disk'))).toBe(point.hash);
    }
  });

  test('keeps its holes: they are neither read, stored, nor filled by a restore', async () => {
    execFileSync('truncate', ['-s', '3G', file('sparse')]);
    const data = randomBytes(100);
    overwrite('sparse', 1_000_000_000, data);
    const { extents, commit } = await bench.backUp({
      source: { archive: { ...archive, extentSizeBytes: 64 * KIB * KIB } },
    });
    expect(total(extents)).toEqual({ sent: 1, unchanged: 0, holes: 47 });
    expect(commit.storedBytes).toBeLessThan(100_000);
    const { plan, report } = await bench.restore({ point: { backupId: commit.backupId } });
    expect(report.status).toBe('ok');
    const { size, blocks } = fs.statSync(join(plan.targetPath, 'sparse'));
    expect(size).toBe(3 * KIB * KIB * KIB);
    expect(blocks * 512).toBeLessThan(1_000_000);
    const written = fs.openSync(join(plan.targetPath, 'sparse'), 'r');
    const found = Buffer.alloc(100);
    fs.readSync(written, found, 0, 100, 1_000_000_000);
    fs.closeSync(written);
    expect(found.equals(data)).toBe(true);
  });

  test('has zeros that are written out not stored either; a file of nothing but a hole stores nothing', async () => {
    fs.writeFileSync(file('zeros'), Buffer.concat([randomBytes(64 * KIB), Buffer.alloc(256 * KIB)]));
    execFileSync('truncate', ['-s', '1M', file('empty')]);
    const { extents, commit } = await backUp();
    expect(total(extents)).toEqual({ sent: 1, unchanged: 0, holes: 20 });
    const { tree } = await restoredTree(commit.backupId);
    expect(tree).toEqual(await describeTree(bench.tree));
    overwrite('zeros', 64 * KIB, randomBytes(64 * KIB));
    overwrite('zeros', 0, Buffer.alloc(64 * KIB));
    const second = await backUp();
    expect(total(second.extents)).toEqual({ sent: 1, unchanged: 0, holes: 4 });
    expect((await restoredTree(second.commit.backupId)).tree).toEqual(await describeTree(bench.tree));
  });

  test.each(['here', 'web1', 'web2'])(
    'comes back with every attribute and with a name of any bytes (to %s)',
    async (to) => {
      const name = Buffer.from([0x2d, 0x72, 0x20, 0xff, 0x0a, 0x27, 0x5c, 0x2f, 0x24, 0x80]);
      const path = Buffer.concat([Buffer.from(`${bench.tree}/`), name]);
      fs.mkdirSync(path.subarray(0, path.indexOf(0x2f, bench.tree.length + 1)));
      fs.writeFileSync(path, randomBytes(400 * KIB));
      fs.copyFileSync(path, file('plain'));
      execFileSync('setfattr', ['-n', 'user.colour', '-v', 'green', file('plain')]);
      execFileSync('setfacl', ['-m', 'u:12345:rw', file('plain')]);
      fs.chownSync(file('plain'), 1234, 5678);
      fs.chmodSync(file('plain'), 0o4751);
      execFileSync('setcap', ['cap_net_raw+ep', file('plain')]);
      execFileSync('touch', ['-d', '2001-02-03 04:05:06.123456789', file('plain')]);
      const { commit } = await backUp();
      expect(commit.status).toBe('ok');
      const target =
        to === 'here'
          ? { kind: 'local' as const, path: bench.path(`any-${to}`), machine: 'test' }
          : { kind: 'host' as const, host: to, path: bench.path(`any-${to}`) };
      const { tree, report, plan } = await restoredTree(commit.backupId, { target });
      if (to === 'here') {
        const plain = bench.path('plain-names');
        await recoverPlainly(join(bench.vault, 'web1', 'data'), commit.backupId, plain);
        expect(await describeTree(plain)).toEqual(await describeTree(bench.tree));
      }
      expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
      expect(tree).toEqual(await describeTree(bench.tree));
      const attributes = (root: string): string =>
        execFileSync('getfattr', ['-d', '-m', '-', 'plain'], { cwd: root, encoding: 'latin1' });
      expect(attributes(plan.targetPath)).toBe(attributes(bench.tree));
      expect(attributes(plan.targetPath)).toContain('security.capability');
      expect(fs.readdirSync(plan.targetPath).filter((entry) => entry.startsWith('.holdfast'))).toEqual([]);
    },
  );

  test.each([1])('of any edits comes back at every point of its chain (seed %i)', async (seed) => {
    const random = randomNumbers(seed);
    const below = (most: number): number => Math.floor(random() * most);
    const points: { id: string; content: Buffer }[] = [];
    fs.writeFileSync(file('disk'), randomBytes(256 * KIB + below(400 * KIB)));
    for (let level = 0; level < 5; level += 1) {
      const { plan, commit } = await backUp();
      expect(plan.level).toBe(level);
      points.push({ id: commit.backupId, content: fs.readFileSync(file('disk')) });
      for (let edits = below(4); edits >= 0; edits -= 1) {
        const bytes = random() < 0.3 ? Buffer.alloc(64 * KIB + below(100 * KIB)) : randomBytes(1 + below(90 * KIB));
        overwrite('disk', below(600 * KIB), bytes);
      }
      if (random() < 0.5) fs.truncateSync(file('disk'), 256 * KIB + below(600 * KIB));
      // The same content in another inode, as editors save.
      if (random() < 0.3) {
        fs.copyFileSync(file('disk'), file('copy'));
        fs.renameSync(file('copy'), file('disk'));
      }
    }
    const target = { kind: 'local' as const, path: bench.path(`edits-${seed}`), machine: 'test' };
    for (const { id, content } of points.sort(() => random() - 0.5)) {
      const { report } = await bench.restore({ point: { backupId: id }, target });
      expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
      expect(fs.readFileSync(join(target.path, 'disk')).equals(content)).toBe(true);
    }
  });

  test('is left alone by a restore when it is right, and replaced when it is not', async () => {
    fs.writeFileSync(file('disk'), randomBytes(300 * KIB));
    const { commit } = await backUp();
    const target = { kind: 'local' as const, path: bench.path('twice'), machine: 'test' };
    await restoredTree(commit.backupId, { target });
    const again = await restoredTree(commit.backupId, { target });
    expect(again.plan).toMatchObject({ parts: 0, bytesToWrite: 0, counts: { create: 0, replace: 0 } });
    expect(again.plan.extentParts).toBeUndefined();
    fs.appendFileSync(join(target.path, 'disk'), 'more');
    const replaced = await restoredTree(commit.backupId, { target });
    expect(replaced.plan).toMatchObject({ extentParts: 1, counts: { replace: 1 } });
    expect(replaced.tree).toEqual(await describeTree(bench.tree));
  });
});
