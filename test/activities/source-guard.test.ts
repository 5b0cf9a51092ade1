import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommitResult, InspectMirrorResult } from '../../src/activities/contract.js';
import { commitMirror } from '../../src/activities/mirror/commit-mirror.js';
import { findDoubt, type Doubt } from '../../src/core/guard/guard.js';
import type { SourcePlan } from '../../src/core/plan.js';
import { type ArchiveBench, startArchiveBench } from '../support/archive-bench.js';
import { type LoopFileSystem, mountLoopFileSystem } from '../support/loop-file-system.js';
import { type MirrorFixture, startMirrorFixture, testControl } from './mirror/fixture.js';

/** Hosts see this machine’s real mounts. The figures never make a doubt here: only what is tested does. */
const NO_LIMIT = 100;

let mirrors: MirrorFixture;
let archives: ArchiveBench;
let directory: string;
let mounts: string[];
let loops: LoopFileSystem[];

beforeAll(async () => {
  [mirrors, archives] = await Promise.all([startMirrorFixture(), startArchiveBench()]);
});
afterAll(() => Promise.all([mirrors.stop(), archives.stop()]));
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-guard-'));
  mounts = [];
  loops = [];
  await mirrors.reset();
});
afterEach(async () => {
  for (const mount of mounts.reverse()) execFileSync('umount', ['--lazy', mount]);
  for (const loop of loops) await loop.stop();
  rmSync(directory, { recursive: true, force: true });
});

const loop = async (type: 'ext4' | 'xfs' | 'btrfs'): Promise<LoopFileSystem> => {
  const made = await mountLoopFileSystem(type);
  loops.push(made);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(made.mount, name), name);
  return made;
};

/** A directory that something can be mounted on, with what stands there while nothing is. */
const mountPoint = (name: string): string => {
  const path = join(directory, name);
  mkdirSync(path);
  for (const file of ['a', 'b', 'c']) writeFileSync(join(path, file), 'left below the mount');
  return path;
};
const bind = (from: string, to: string): void => {
  execFileSync('mount', ['--bind', from, to]);
  mounts.push(to);
};
const unmount = (path: string): void => {
  execFileSync('umount', [path]);
  mounts = mounts.filter((mount) => mount !== path);
};

interface Engine {
  /** Backs the source up, as a run does that the guard lets pass. */
  readonly backUp: (source: Partial<SourcePlan>) => Promise<unknown>;
  readonly doubt: (source: Partial<SourcePlan>) => Promise<Doubt | undefined>;
}

const mirror: Engine = {
  backUp: async (source) => {
    const { fileSystem } = await mirrors.inspect(source);
    const outcome = await mirrors.sync(source);
    const input = { ...mirrors.input(source), startedAtMs: Date.now(), outcome };
    return commitMirror(
      mirrors.providers,
      testControl(),
      fileSystem === undefined ? input : { ...input, fileSystem },
    ) satisfies Promise<CommitResult>;
  },
  doubt: async (source) => findDoubt({ ...(await mirrors.inspect(source)), maxDeletePercent: NO_LIMIT }),
};

let named = 0;
const archive: Engine = {
  backUp: (source) => archives.backUp({ source: { ...source, name: `s${named}` } }),
  doubt: async (source) => {
    const plan = await archives.plan({ source: { ...source, name: `s${named}` } });
    return findDoubt({ ...plan, entries: plan.counts.entries, deletions: plan.deleted, maxDeletePercent: NO_LIMIT });
  },
};
beforeEach(() => {
  named += 1;
});

describe.each([
  ['a mirror', mirror],
  ['an archive', archive],
])('%s', (_what, { backUp, doubt }) => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'notices that its %s was unmounted, and knows it again',
    async (type) => {
      const disk = await loop(type);
      const path = mountPoint('data set');
      bind(disk.mount, path);
      await backUp({ path });
      expect(await doubt({ path })).toBeUndefined();
      unmount(path);
      expect(await doubt({ path })).toMatchObject({
        reasons: ['other-file-system'],
        message: expect.stringMatching(new RegExp(`${type}.*was mounted at ${path} .*unmounted\\?$`)) as string,
      });
      bind(disk.mount, path);
      expect(await doubt({ path })).toBeUndefined();
    },
  );

  test('notices that another disk is mounted where the first one was', async () => {
    const [first, second] = [await loop('ext4'), await loop('ext4')];
    const path = mountPoint('data');
    bind(first.mount, path);
    await backUp({ path });
    unmount(path);
    bind(second.mount, path);
    expect(await doubt({ path })).toMatchObject({
      reasons: ['other-file-system'],
      message: expect.stringMatching(/for the last backup it was/) as string,
    });
  });

  test('notices that a directory of the same file system is no longer mounted, also below the mount point', async () => {
    const path = mountPoint('data');
    const from = mountPoint('from');
    mkdirSync(join(from, 'inner'));
    mkdirSync(join(path, 'inner'));
    writeFileSync(join(from, 'inner', 'x'), 'x');
    writeFileSync(join(path, 'inner', 'x'), 'x');
    bind(from, path);
    const source = { path: join(path, 'inner') };
    await backUp(source);
    expect(await doubt(source)).toBeUndefined();
    unmount(path);
    expect((await doubt(source))?.reasons).toEqual(['other-file-system']);
  });

  test('notices that something was mounted over it since, a tmpfs for instance', async () => {
    const path = mountPoint('data');
    await backUp({ path });
    execFileSync('mount', ['-t', 'tmpfs', 'none', path]);
    mounts.push(path);
    for (const name of ['a', 'b']) writeFileSync(join(path, name), '');
    expect((await doubt({ path }))?.message).toMatch(new RegExp(`now tmpfs is mounted at ${path}$`));
  });

  test('is held at its first backup already when a marker is not there', async () => {
    const path = mountPoint('data');
    const markers = ['.mounted', `it's "here"/$(touch x)`];
    expect(await doubt({ path, markers })).toMatchObject({ reasons: ['marker-missing'] });
    symlinkSync('/nowhere', join(path, '.mounted'));
    expect((await doubt({ path, markers }))?.message).toContain(
      `it's "here"/$(touch x) of marker is not in the source`,
    );
    mkdirSync(join(path, `it's "here"`));
    writeFileSync(join(path, `it's "here"`, '$(touch x)'), '');
    expect(await doubt({ path, markers })).toBeUndefined();
    await backUp({ path, markers });
    rmSync(join(path, '.mounted'));
    expect((await doubt({ path, markers }))?.reasons).toEqual(['marker-missing']);
  });

  test('is held when it is missing although it was backed up, and failed when it never was', async () => {
    const path = mountPoint('data');
    await expect(doubt({ path: join(directory, 'never') })).rejects.toMatchObject({ type: 'SourceMissing' });
    await backUp({ path });
    rmSync(path, { recursive: true });
    await expect(doubt({ path })).rejects.toMatchObject({
      type: 'SourceHeld',
      message: 'Held: the source is missing, the last backup had 4 entries.',
    });
  });

  test('compares with no other directory than its own', async () => {
    const disk = await loop('ext4');
    const path = mountPoint('data');
    bind(disk.mount, path);
    await backUp({ path });
    expect((await doubt({ path: mountPoint('elsewhere') }))?.reasons ?? []).not.toContain('other-file-system');
  });

  test('names the first hundred of what would go, each in one line whatever it holds', async () => {
    const path = mountPoint('data');
    for (let number = 0; number < 150; number += 1) writeFileSync(join(path, `gone\n\u001b[2J${number}`), '');
    await backUp({ path });
    for (let number = 0; number < 150; number += 1) rmSync(join(path, `gone\n\u001b[2J${number}`));
    rmSync(join(path, 'a'));
    rmSync(join(path, 'b'));
    rmSync(join(path, 'c'));
    const { firstNames, deletions, reasons } = (await doubt({ path })) as Doubt;
    expect(reasons).toEqual(['source-empty']);
    expect([firstNames.length, deletions]).toEqual([100, 153]);
    expect(firstNames.filter((name) => /[\u0000-\u001f]/.test(name))).toEqual([]);
    expect(firstNames.filter((name) => !/^(gone\\n\\033\[2J\d+|[abc])$/.test(name))).toEqual([]);
  });
});

test('a mirror’s state of an older version, without its file system, is read and never doubted', async () => {
  const path = mountPoint('data');
  await mirrors.backUp({ path });
  const state = await mirrors.state();
  expect(state).toMatchObject({ kind: 'known', state: { state: 'committed' } });
  expect(state.kind === 'known' && state.state.last).not.toHaveProperty('fileSystem');
  expect(await mirror.doubt({ path })).toBeUndefined();
});

test('an interrupted mirror is still compared with where its last backup lay', async () => {
  const disk = await loop('ext4');
  const path = mountPoint('data');
  bind(disk.mount, path);
  await mirror.backUp({ path });
  writeFileSync(join(path, 'new'), 'new');
  await mirrors.sync({ path });
  expect(await mirrors.state()).toMatchObject({ state: { state: 'syncing' } });
  unmount(path);
  const look: InspectMirrorResult = await mirrors.inspect({ path });
  expect(look.previousFileSystem).toMatchObject({ mountPoint: path, type: 'ext4' });
  expect(readFileSync(join(mirrors.mirror, 'new'), 'utf8')).toBe('new');
  expect(findDoubt({ ...look, maxDeletePercent: NO_LIMIT })?.reasons).toEqual(['other-file-system']);
});
