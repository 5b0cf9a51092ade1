import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { RandomTree } from '../../support/random-tree.js';
import { describeTree } from '../../support/tree-oracle.js';

let bench: ArchiveBench;
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench?.stop());

const recovered = async (source: string, backupId: string) => {
  const target = join(bench.directory, 'recovered', `${source}-${backupId}`);
  await recoverPlainly(join(bench.vault, 'web1', source), backupId, target);
  return describeTree(target);
};

describe('a chain of random changes', () => {
  test.each([1, 2, 3])('is recovered at every point with tar, zstd and a shell alone (seed %i)', async (seed) => {
    const path = join(bench.directory, `random-${seed}`);
    fs.mkdirSync(path);
    const source = {
      name: `random/${seed}`,
      path,
      archive: { shardSizeBytes: 100_000, compressionLevel: 3, parallelShards: 2 },
    };
    const tree = new RandomTree(path, seed);
    tree.grow(60);
    const points: { id: string; tree: Awaited<ReturnType<typeof describeTree>> }[] = [];
    for (let level = 0; level < 4; level += 1) {
      if (level > 0) tree.change(25);
      const { plan, commit } = await bench.backUp({ source });
      expect(plan.level).toBe(level);
      expect(commit.status).toBe('ok');
      points.push({ id: commit.backupId, tree: await describeTree(path) });
    }
    for (const point of points) expect(await recovered(source.name, point.id)).toEqual(point.tree);
  });
});

describe('a level', () => {
  const files = (name: string, count: number): string => {
    const path = join(bench.directory, name);
    fs.mkdirSync(join(path, 'd'), { recursive: true });
    for (let i = 0; i < count; i += 1) fs.writeFileSync(join(path, 'd', `f${i}`), `content ${i}`);
    return path;
  };

  test('without changes stores nothing but its manifest and an empty index', async () => {
    const source = { name: 'still', path: files('still', 20) };
    await bench.backUp({ source });
    const { plan, commit } = await bench.backUp({ source });
    expect(plan).toMatchObject({ level: 1, shards: 0, changed: 0, deleted: 0, previousEntries: 22 });
    expect(plan.counts).toEqual({ entries: 22, files: 20, directories: 2, symlinks: 0, others: 0 });
    const stored = fs.readdirSync(join(bench.vault, 'web1/still', commit.backupId)).sort();
    expect(stored).toEqual([expect.stringMatching(/^index-/), 'manifest.json']);
  });

  test('stores what changed and lists what is gone', async () => {
    const path = files('few', 10);
    const source = { name: 'few', path };
    await bench.backUp({ source });
    fs.writeFileSync(join(path, 'd/f1'), 'CONTENT 1');
    fs.rmSync(join(path, 'd/f2'));
    fs.renameSync(join(path, 'd/f3'), join(path, 'd/g3'));
    const { plan } = await bench.backUp({ source });
    expect(plan).toMatchObject({ level: 1, changed: 3, deleted: 2, firstDeleted: ['d/f2', 'd/f3'], shards: 2 });
  });

  test('stores all names of a hard-linked file when it gets another one', async () => {
    const path = files('linked', 3);
    const source = { name: 'linked', path };
    fs.linkSync(join(path, 'd/f0'), join(path, 'z'));
    await bench.backUp({ source });
    fs.mkdirSync(join(path, 'e'));
    fs.linkSync(join(path, 'z'), join(path, 'e/more'));
    const { commit } = await bench.backUp({ source });
    const shard = fs
      .readdirSync(join(bench.vault, 'web1/linked', commit.backupId))
      .find((name) => name.startsWith('shard-00000'));
    const listed = execFileSync('tar', ['-tf', join(bench.vault, 'web1/linked', commit.backupId, shard as string)], {
      encoding: 'utf8',
    });
    expect(listed.trim().split('\n')).toEqual(['d/f0', 'e/more', 'z']);
    expect(await recovered('linked', commit.backupId)).toEqual(await describeTree(path));
  });

  test('reads again what was changed within two seconds before the last scan', async () => {
    const path = files('fresh', 3);
    const source = { name: 'fresh', path };
    const changedAt = execFileSync('find', [path, '-printf', '%C@\\n'], { encoding: 'utf8' }).split('\n').map(Number);
    const clock = (seconds: number) =>
      bench.replaceTool('date', `exec $REAL --date=@${Math.max(...changedAt) + seconds} "$@"`);
    try {
      await clock(1.9);
      await bench.backUp({ source });
      await clock(10);
      expect((await bench.backUp({ source })).plan).toMatchObject({ level: 1, changed: 5 });
      expect((await bench.backUp({ source })).plan).toMatchObject({ level: 2, changed: 0 });
    } finally {
      await bench.replaceTool('date', 'exec $REAL --date="+10 seconds" "$@"');
    }
  });

  test('leaves out what is excluded, and a changed exclude file starts a new chain', async () => {
    const path = files('picky', 4);
    fs.mkdirSync(join(path, 'cache/deep'), { recursive: true });
    fs.writeFileSync(join(path, 'cache/deep/x'), 'x');
    const excludeFile = join(bench.directory, 'excludes.txt');
    fs.writeFileSync(excludeFile, '# what nobody misses\n/cache/\n');
    const source = { name: 'picky', path, excludeFile, exclude: ['f3'] };
    const first = await bench.backUp({ source });
    expect(first.plan.counts).toMatchObject({ entries: 5, files: 3 });
    expect((await bench.backUp({ source })).plan).toMatchObject({ level: 1, changed: 0 });
    fs.appendFileSync(excludeFile, 'f2\n');
    const { plan } = await bench.backUp({ source });
    expect(plan).toMatchObject({ level: 0, previousEntries: 0, deleted: 0 });
    expect(plan.notes.join()).toContain('the include or exclude rules have changed');
  });

  test('rises to always_level and then stays on the same parent', async () => {
    const source = {
      name: 'always',
      path: files('always', 2),
      levels: { noIncremental: false, maxLevel: 14, alwaysLevel: 1 },
    };
    const runs = [await bench.backUp({ source }), await bench.backUp({ source }), await bench.backUp({ source })];
    expect(runs.map(({ plan }) => plan.level)).toEqual([0, 1, 1]);
    expect(runs[2]?.plan.parent).toBe(runs[0]?.commit.backupId);
  });

  test('0 after max_level still measures deletions against the last backup', async () => {
    const path = files('emptied', 9);
    const source = { name: 'emptied', path, levels: { noIncremental: true, maxLevel: 0 } };
    await bench.backUp({ source });
    fs.rmSync(join(path, 'd'), { recursive: true });
    expect(await bench.plan({ source })).toMatchObject({ level: 0, previousEntries: 11, deleted: 10 });
  });

  test('of a source of every size of file cuts shards, and an empty directory needs none but its own', async () => {
    const path = join(bench.directory, 'sizes');
    fs.mkdirSync(path);
    const big = Buffer.alloc(300_000, 'x');
    for (const [i, bytes] of [10, 300_000, 10, 60_000, 60_000, 0].entries())
      fs.writeFileSync(join(path, `f${i}`), big.subarray(0, bytes));
    const archive = { shardSizeBytes: 100_000, compressionLevel: 3, parallelShards: 2 };
    const { plan } = await bench.backUp({ source: { name: 'sizes', path, archive } });
    // f0 | f1 alone | f2 f3 f4 | f5 | directories
    expect(plan.shards).toBe(5);
    const empty = join(bench.directory, 'empty');
    fs.mkdirSync(empty);
    const run = await bench.backUp({ source: { name: 'empty', path: empty } });
    expect(run.plan).toMatchObject({ shards: 1, counts: { entries: 1 } });
    expect(await recovered('empty', run.commit.backupId)).toEqual(await describeTree(empty));
  });
});
