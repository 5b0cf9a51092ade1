import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { copyFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mirrorPaths } from '../../../src/activities/mirror/mirror-paths.js';
import { readMirrorState } from '../../../src/activities/mirror/mirror-state.js';
import { groupsMarked } from '../../../src/activities/mirror/process-group.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { type LoopFileSystem, mountLoopFileSystem } from '../../support/loop-file-system.js';
import { describeTree } from '../../support/tree-oracle.js';
import { HOST, type MirrorFixture, SOURCE, startMirrorFixture, testControl } from './fixture.js';

/** Files of a mirror that are written in place, on file systems that share blocks between a mirror and its snapshots. */

const MB = 1_000_000;

let at: MirrorFixture;
let volume: LoopFileSystem;
let mirror: string;
let onVolume: Partial<SourcePlan>;
let number = 0;

beforeAll(async () => {
  at = await startMirrorFixture();
  volume = await mountLoopFileSystem('btrfs');
});
afterAll(async () => {
  await at.stop();
  await volume.stop();
});
beforeEach(async () => {
  await at.reset();
  const base = join(volume.mount, `base${(number += 1)}`);
  execFileSync('btrfs', ['subvolume', 'create', base]);
  mirror = join(base, HOST, SOURCE);
  onVolume = { destination: { name: 'local', type: 'local', path: base } };
});

const put = (name: string, content: string | Buffer): void => writeFileSync(join(at.path, name), content);
const random = (bytes: number): Buffer =>
  execFileSync('head', ['-c', String(bytes), '/dev/urandom'], { maxBuffer: bytes + 1 });
const expectSameTree = async (): Promise<void> =>
  expect(await describeTree(mirror)).toEqual(await describeTree(at.path));

function overwriteBlock(name: string, offset: number): void {
  const file = openSync(join(at.path, name), 'r+');
  writeSync(file, 'changed', offset);
  closeSync(file);
}

/** A snapshot as an administrator makes one. */
function snapshot(): string {
  const path = join(volume.mount, `snapshot${number}`);
  execFileSync('btrfs', ['subvolume', 'snapshot', '-r', join(mirror, '../..'), path]);
  return path;
}

/** Bytes of a directory that no snapshot shares. */
function exclusiveBytes(path: string): number {
  execFileSync('sync', ['-f', path]);
  const said = execFileSync('btrfs', ['filesystem', 'du', '-s', '--raw', path], { encoding: 'utf8' });
  return Number(said.trim().split('\n').at(-1)?.trim().split(/\s+/)[1]);
}

describe('on BTRFS', () => {
  test('one changed block of a 60 MB file costs its snapshot kilobytes, and the snapshot stays as it was', async () => {
    put('image', random(60 * MB));
    await at.backUp(onVolume);
    const kept = snapshot();
    const before = readFileSync(join(kept, HOST, SOURCE, 'image'));
    overwriteBlock('image', 30 * MB);
    const { outcome, status } = await at.backUp(onVolume);
    expect(status).toBe('ok');
    expect(outcome.statistics.matchedBytes).toBeGreaterThan(59 * MB);
    expect(exclusiveBytes(mirror)).toBeLessThan(64 * 1024);
    expect(readFileSync(join(kept, HOST, SOURCE, 'image')).equals(before)).toBe(true);
    await expectSameTree();
  });

  test('without it the same change costs the whole file: --no-inplace counts', async () => {
    put('image', random(8 * MB));
    await at.backUp(onVolume);
    snapshot();
    overwriteBlock('image', MB);
    await at.backUp({ ...onVolume, rsyncOptions: ['--no-inplace'] });
    expect(exclusiveBytes(mirror)).toBeGreaterThanOrEqual(8 * MB);
    await expectSameTree();
  });

  test('holes that appear in files that are written in place are holes in the mirror, and a change there costs little too', async () => {
    put('image', random(8 * MB));
    await at.backUp(onVolume);
    execFileSync('fallocate', [
      '--punch-hole',
      '--offset',
      String(4 * MB),
      '--length',
      String(2 * MB),
      join(at.path, 'image'),
    ]);
    await at.backUp(onVolume);
    expect(statSync(join(mirror, 'image')).blocks * 512).toBeLessThan(6.5 * MB);
    await expectSameTree();
    snapshot();
    overwriteBlock('image', MB);
    await at.backUp(onVolume);
    expect(exclusiveBytes(mirror)).toBeLessThan(MB);
    await expectSameTree();
  });

  test('names that stopped being one file on the host are two in the mirror, each with its own content', async () => {
    put('a', random(300_000));
    linkSync(join(at.path, 'a'), join(at.path, 'b'));
    await at.backUp(onVolume);
    await copyFile(join(at.path, 'b'), join(at.path, 'c'));
    await utimes(join(at.path, 'c'), statSync(join(at.path, 'b')).atime, statSync(join(at.path, 'b')).mtime);
    renameSync(join(at.path, 'c'), join(at.path, 'b'));
    overwriteBlock('a', 1000);
    await at.backUp(onVolume);
    expect(readFileSync(join(mirror, 'a')).equals(readFileSync(join(mirror, 'b')))).toBe(false);
    await expectSameTree();
    expect((await at.inspect(onVolume)).unchanged).toBe(true);
  });

  test('a run that was cut off before it repaired its links is repaired by the next', async () => {
    put('a', random(300_000));
    linkSync(join(at.path, 'a'), join(at.path, 'b'));
    await at.backUp(onVolume);
    await copyFile(join(at.path, 'b'), join(at.path, 'c'));
    await utimes(join(at.path, 'c'), statSync(join(at.path, 'b')).atime, statSync(join(at.path, 'b')).mtime);
    renameSync(join(at.path, 'c'), join(at.path, 'b'));
    overwriteBlock('a', 1000);
    const first = ['-aHAX', '--inplace', '--no-whole-file', '--modify-window=-1', `${at.path}/`, `${mirror}/`];
    execFileSync('rsync', first);
    expect(await describeTree(mirror)).not.toEqual(await describeTree(at.path));
    expect((await at.inspect(onVolume)).unchanged).toBe(false);
    await at.backUp(onVolume);
    await expectSameTree();
  });

  test('an rsync that is killed while it writes in place leaves an unfinished mirror, which the next attempt makes whole', async () => {
    put('image', random(12 * MB));
    await at.backUp(onVolume);
    put('image', random(12 * MB));
    let moving = (): void => undefined;
    const moved = new Promise<void>((resolve) => (moving = resolve));
    const progress = ({ bytes }: Readonly<Record<string, string | number>>): void =>
      void (Number(bytes) > MB && moving());
    const control = testControl({ progress });
    const syncing = at
      .sync({ ...onVolume, rsyncOptions: ['--bwlimit=4m'] }, { control })
      .catch((error: unknown) => error);
    await moved;
    for (const group of await groupsMarked('HOLDFAST_MIRROR', mirror)) process.kill(-group, 'SIGKILL');
    expect(await syncing).toMatchObject({ type: 'RsyncInterrupted' });
    const { destination } = onVolume;
    const paths = mirrorPaths(destination?.type === 'local' ? destination.path : '', HOST, SOURCE);
    expect(await readMirrorState(paths)).toMatchObject({ state: { state: 'syncing' } });
    await at.backUp(onVolume);
    await expectSameTree();
  });

  test('names that stay one file stay so', async () => {
    put('a', random(300_000));
    linkSync(join(at.path, 'a'), join(at.path, 'b'));
    await at.backUp(onVolume);
    overwriteBlock('b', 1000);
    const { outcome } = await at.backUp(onVolume);
    expect(outcome.statistics.filesTotal).toBe(3);
    await expectSameTree();
    expect(statSync(join(mirror, 'a')).ino).toBe(statSync(join(mirror, 'b')).ino);
  });

  test('the limit on deletions is one for both copies', async () => {
    for (let file = 0; file < 10; file += 1) put(`f${file}`, 'x');
    put('a', random(10_000));
    linkSync(join(at.path, 'a'), join(at.path, 'b'));
    await at.backUp(onVolume);
    overwriteBlock('a', 100);
    for (let file = 0; file < 4; file += 1) rmSync(join(at.path, `f${file}`));
    const { statistics } = await at.sync(onVolume, { maxDeletions: 4 });
    expect(statistics.filesDeleted).toBe(4);
    await expectSameTree();
  });

  test('with an rsync on the host that cannot have both, holes are kept and files are written anew', async () => {
    put('image', random(MB));
    execFileSync('truncate', ['-s', '3M', join(at.path, 'image')]);
    await at.backUp(onVolume);
    overwriteBlock('image', 1000);
    const old = join(at.directory, 'rsync-old');
    const words =
      'for word; do [ "$word" = --inplace ] && { echo "--sparse cannot be used with --inplace" >&2; exit 1; }; done; exec rsync "$@"';
    writeFileSync(old, `#!/bin/sh\n${words}\n`, { mode: 0o755 });
    const { status } = await at.backUp({ ...onVolume, rsyncOptions: [`--rsync-path=${old}`] });
    expect(status).toBe('ok');
    expect(statSync(join(mirror, 'image')).blocks * 512).toBeLessThan(1.5 * MB);
    await expectSameTree();
  });
});

describe('elsewhere', () => {
  test('files are never written in place where snapshots are made of hard links', async () => {
    const snapshots = { volume: at.base, method: 'hardlink', rules: [] } as const;
    put('a', 'one');
    await at.backUp({ snapshots });
    linkSync(join(at.mirror, 'a'), join(at.base, 'kept'));
    put('a', 'two and longer');
    const outcome = await at.sync({ snapshots, rsyncOptions: ['--inplace'] });
    expect(readFileSync(join(at.base, 'kept'), 'utf8')).toBe('one');
    expect(outcome.notes?.join()).toMatch(/--inplace: left out/);
  });

  test('holes of a first copy are kept, and zeros that were written are copied as they are where there are none', async () => {
    execFileSync('truncate', ['-s', '64M', join(at.path, 'holes')]);
    await at.backUp();
    expect(statSync(join(at.mirror, 'holes')).blocks).toBeLessThan(1000);
    expect(statSync(join(at.mirror, 'holes')).size).toBe(64 * 2 ** 20);

    await at.reset();
    put('zeros', Buffer.alloc(4 * MB));
    await at.backUp();
    expect(statSync(join(at.mirror, 'zeros')).blocks * 512).toBeGreaterThanOrEqual(4 * MB);
    execFileSync('truncate', ['-s', '64M', join(at.path, 'holes')]);
    await at.backUp();
    expect(statSync(join(at.mirror, 'holes')).blocks).toBeLessThan(1000);
    await at.backUp({ rsyncOptions: ['--no-sparse', '-I'] });
    expect(statSync(join(at.mirror, 'holes')).blocks).toBeGreaterThan(100_000);
  });
});
