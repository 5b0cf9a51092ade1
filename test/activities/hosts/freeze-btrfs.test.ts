import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FrozenSource } from '../../../src/activities/contract.js';
import { freezeSource, thawSource } from '../../../src/activities/hosts/freeze-source.js';
import { startArchiveBench, type ArchiveBench, type ArchivedRun } from '../../support/archive-bench.js';
import { mountLoopFileSystem, type LoopFileSystem } from '../../support/loop-file-system.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const run = promisify(execFile);
const btrfs = async (...words: string[]): Promise<void> => void (await run('btrfs', words));

let disk: LoopFileSystem;
let bench: ArchiveBench;
let subvolume: string;
let count = 0;

beforeAll(async () => {
  disk = await mountLoopFileSystem('btrfs');
});
afterAll(async () => {
  await disk.stop();
});
beforeEach(async () => {
  bench = await startArchiveBench();
  subvolume = join(disk.mount, `data${++count}`);
  await btrfs('subvolume', 'create', subvolume);
});
afterEach(async () => {
  await bench.stop();
});

const RUN = { workflowId: 'host/web1', runId: 'run-1' };
const sourceAt = (path: string, exclude: readonly string[] = []) => ({
  path,
  exclude,
  freeze: { kind: 'btrfs' } as const,
});
const inputFor = (path: string, exclude?: readonly string[], runId = RUN.runId) => ({
  host: bench.hostPlan(),
  source: bench.source(sourceAt(path, exclude)),
  run: { ...RUN, runId },
});
const freeze = (path: string, exclude?: readonly string[], runId?: string): Promise<FrozenSource> =>
  freezeSource(bench.providers, bench.control(), inputFor(path, exclude, runId));
const thaw = (path: string, frozen = true) =>
  thawSource(bench.providers, bench.control(), { ...inputFor(path), frozen });
const snapshots = async (): Promise<string[]> => readdir(join(subvolume, '.holdfast-freeze')).catch(() => []);

async function backUpFrozen(
  path: string,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<ArchivedRun> {
  const { readPath, frozenAtMs } = await freeze(path);
  await meanwhile();
  const made = await bench.backUp({ source: { ...sourceAt(path), readPath, frozenAtMs } });
  await thaw(path);
  return made;
}

test('what is written after the freeze is in no backup, and in the next one', async () => {
  await writeFile(join(subvolume, 'before'), 'old');
  const first = await backUpFrozen(subvolume, async () => {
    await writeFile(join(subvolume, 'before'), 'new');
    await writeFile(join(subvolume, 'after'), 'new');
  });
  expect(first.plan.counts.files).toBe(1);
  const second = await backUpFrozen(subvolume);
  expect(second.plan).toMatchObject({ level: 1, counts: { files: 2 }, deleted: 0 });
  expect(await changedIn(second)).toEqual(['', 'after', 'before']);
});

test('a second backup stores only what changed, though each snapshot has a device number of its own', async () => {
  for (let i = 0; i < 50; i++) await writeFile(join(subvolume, `file${i}`), `${i}`);
  await mkdir(join(subvolume, 'etc'));
  await backUpFrozen(subvolume);
  expect((await backUpFrozen(subvolume)).plan).toMatchObject({ level: 1, changed: 0, deleted: 0, shards: 0 });
  await writeFile(join(subvolume, 'etc', 'passwd'), 'x');
  expect(await changedIn(await backUpFrozen(subvolume))).toEqual(['etc', 'etc/passwd']);
});

test('a directory deep in a subvolume is read from the snapshot, and named by its own path in the manifest', async () => {
  const path = join(subvolume, 'a b', "it's");
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'f'), '1');
  const { readPath } = await freeze(path);
  expect(readPath).toMatch(new RegExp(`^${subvolume}/\\.holdfast-freeze/[0-9a-f-]+/a b/it's$`));
  await rm(join(path, 'f'));
  expect(await readFile(join(readPath, 'f'), 'utf8')).toBe('1');
  await thaw(path);
  const made = await backUpFrozen(path);
  const manifest = JSON.parse(
    await readFile(join(bench.vault, 'web1/data', made.commit.backupId, 'manifest.json'), 'utf8'),
  ) as { path: string };
  expect(manifest.path).toBe(path);
});

test('a path that leads there by a symbolic link is frozen where it really is', async () => {
  await writeFile(join(subvolume, 'f'), '1');
  const link = join(bench.directory, 'link');
  await symlink(subvolume, link);
  const { readPath } = await freeze(link);
  expect(await readdir(readPath)).toContain('f');
  await thaw(link);
  expect(await snapshots()).toEqual([]);
});

describe('nested subvolumes', () => {
  test('are empty in a snapshot and told, unless they are excluded or lie elsewhere', async () => {
    await mkdir(join(subvolume, 'var', 'machines'), { recursive: true });
    await mkdir(join(subvolume, 'other'));
    await btrfs('subvolume', 'create', join(subvolume, 'var', 'machines', 'one'));
    await btrfs('subvolume', 'create', join(subvolume, 'other', 'two'));
    await writeFile(join(subvolume, 'var', 'machines', 'one', 'lost'), 'x');
    const frozen = await freeze(join(subvolume, 'var'));
    expect(frozen.notIncluded).toEqual({ count: 1, first: ['machines/one (nested subvolume)'] });
    expect(await readdir(join(frozen.readPath, 'machines', 'one'))).toEqual([]);
    expect((await freeze(subvolume)).notIncluded.count).toBe(2);
    expect((await freeze(subvolume, ['/var/machines/*', '/other/two/'])).notIncluded.count).toBe(0);
    await thaw(subvolume);
  });

  test('and file systems mounted below the source are told too', async () => {
    const point = join(subvolume, 'mnt with blank');
    await mkdir(point);
    await run('mount', ['-t', 'tmpfs', 'tmpfs', point]);
    try {
      expect((await freeze(subvolume)).notIncluded.first).toEqual(['mnt with blank (mounted file system)']);
    } finally {
      await run('umount', [point]);
      await thaw(subvolume);
    }
  });
});

describe('releasing', () => {
  test('removes the snapshot, leaves the directory, and is well when repeated', async () => {
    await freeze(subvolume);
    expect(await snapshots()).toHaveLength(1);
    await thaw(subvolume);
    expect(await snapshots()).toEqual([]);
    expect(await thaw(subvolume)).toEqual({ troubles: [] });
    expect((await stat(join(subvolume, '.holdfast-freeze'))).mode & 0o777).toBe(0o700);
  });

  test('the next freeze removes what a dead run left, and nothing of other sources', async () => {
    await freeze(subvolume, [], 'dead');
    const [left] = await snapshots();
    const foreign = join(subvolume, '.holdfast-freeze', '0123456789ab-00000000');
    await btrfs('subvolume', 'snapshot', '-r', subvolume, foreign);
    await freeze(subvolume);
    const now = await snapshots();
    expect(now).toHaveLength(2);
    expect(now).not.toContain(left);
    await thaw(subvolume);
    expect(await snapshots()).toEqual(['0123456789ab-00000000']);
    await btrfs('subvolume', 'delete', foreign);
  });

  test('an attempt after one that was cut off begins anew', async () => {
    await freeze(subvolume);
    await writeFile(join(subvolume, 'later'), 'x');
    const { readPath } = await freeze(subvolume);
    expect(await readdir(readPath)).toContain('later');
    await thaw(subvolume);
  });

  test('finds the snapshot also when the source has been renamed meanwhile', async () => {
    const path = join(subvolume, 'dir');
    await mkdir(path);
    await freeze(path);
    await rename(path, join(subvolume, 'moved'));
    await thaw(path);
    expect(await snapshots()).toEqual([]);
  });
});

describe('is refused with the reason', () => {
  test('on another file system', async () => {
    await expect(freeze(bench.tree)).rejects.toMatchObject({
      type: 'FreezeFailed',
      message: matching(/could not be frozen: .* not on btrfs$/),
    });
    expect(await thaw(bench.tree, false)).toEqual({ troubles: [] });
    await expect(thaw(bench.tree)).rejects.toMatchObject({ type: 'ThawFailed' });
  });

  test('when the path is missing, or no directory', async () => {
    await writeFile(join(subvolume, 'file'), '');
    await expect(freeze(join(subvolume, 'nothing'))).rejects.toMatchObject({ type: 'SourceMissing' });
    await expect(freeze(join(subvolume, 'file'))).rejects.toMatchObject({ type: 'SourceNotDirectory' });
  });

  test('without btrfs on the host', async () => {
    // The host's PATH ends with sbin directories, where the real one lies.
    await bench.replaceTool('btrfs', 'exit 3');
    await expect(freeze(subvolume)).rejects.toMatchObject({ type: 'FreezeFailed' });
  });

  test('when somebody put a link where our snapshots lie', async () => {
    await symlink(bench.tree, join(subvolume, '.holdfast-freeze'));
    await expect(freeze(subvolume)).rejects.toMatchObject({
      message: containing('not a directory of ours'),
    });
    expect(await readdir(bench.tree)).toEqual([]);
  });

  test('below a bind mount whose subvolume’s root cannot be seen', async () => {
    const [inner, point] = [join(subvolume, 'inner'), join(bench.directory, 'bound')];
    await mkdir(inner);
    await mkdir(point);
    await run('mount', ['--bind', inner, point]);
    try {
      await expect(freeze(point)).rejects.toMatchObject({ message: containing('bind mount') });
    } finally {
      await run('umount', [point]);
    }
  });
});

/** Paths of the new and changed entries. */
async function changedIn({ commit }: ArchivedRun): Promise<string[]> {
  const backup = join(bench.vault, 'web1/data', commit.backupId);
  const { index } = JSON.parse(await readFile(join(backup, 'manifest.json'), 'utf8')) as { index: { name: string } };
  const { stdout } = await run('zstd', ['-dcq', join(backup, index.name)]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { path: string }).path);
}
