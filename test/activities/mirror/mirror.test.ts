import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listMirrorStates } from '../../../src/activities/mirror/mirror-state.js';
import { findDoubt } from '../../../src/core/guard/guard.js';
import { describeTree } from '../../support/tree-oracle.js';
import { HOST, type MirrorFixture, SOURCE, startMirrorFixture } from './fixture.js';

let at: MirrorFixture;

beforeAll(async () => {
  at = await startMirrorFixture();
});
afterAll(() => at.stop());
beforeEach(() => at.reset());

const put = (name: string, text = name): void => {
  mkdirSync(join(at.path, name, '..'), { recursive: true });
  writeFileSync(join(at.path, name), text);
};
const putMany = (count: number): void => {
  for (let number = 0; number < count; number += 1) put(`f${number}`);
};
const expectSameTree = async (): Promise<void> =>
  expect(await describeTree(at.mirror)).toEqual(await describeTree(at.path));

describe('a mirror', () => {
  test('has everything of the source after its first run, and is known as a backup only then', async () => {
    put('a/b/c.txt', 'c');
    put('run.sh', '#!/bin/sh');
    chmodSync(join(at.path, 'run.sh'), 0o4755);
    symlinkSync('a/b', join(at.path, 'link'));
    symlinkSync('/nowhere', join(at.path, 'dangling'));
    linkSync(join(at.path, 'run.sh'), join(at.path, 'a/second name'));
    mkdirSync(join(at.path, 'empty'), { mode: 0o711 });
    execFileSync('mkfifo', [join(at.path, 'fifo')]);
    execFileSync('setfattr', ['-n', 'user.origin', '-v', 'here', join(at.path, 'a/b/c.txt')]);
    execFileSync('setfacl', ['-m', 'u:65534:r', join(at.path, 'a/b/c.txt')]);
    execFileSync('truncate', ['-s', '3M', join(at.path, 'sparse')]);
    if (process.geteuid?.() === 0) execFileSync('chown', ['12345:54321', join(at.path, 'a')]);

    const look = await at.inspect();
    expect(look).toMatchObject({ previousEntries: 0, deletions: 0, unchanged: false, notes: [] });
    expect(existsSync(join(at.base, HOST))).toBe(false);

    const outcome = await at.sync();
    expect(await at.state()).toMatchObject({ kind: 'known', state: { state: 'syncing', run: { runId: 'run-0' } } });
    const { backupId, status } = await at.commit(outcome);
    expect(status).toBe('ok');
    expect(backupId).toMatch(/^\d{8}T\d{6}Z-0$/);
    await expectSameTree();
    expect(await at.state()).toMatchObject({
      state: { state: 'committed', last: { backupId, status: 'ok', entries: 11, fakeSuper: false } },
    });
    expect(readdirSync(join(at.base, HOST, '.holdfast'))).toEqual([`${SOURCE}.json`]);
    expect(statSync(join(at.base, HOST)).mode & 0o777).toBe(0o700);
  });

  test('names of any bytes arrive, and are shown as one line', async () => {
    const names = ['new\nline', `it's "quoted"`, '-rf', '--delete', '$(touch x)', ' blank ', '\\#012', 'h\u00e9', '*'];
    for (const name of names) put(name);
    writeFileSync(Buffer.concat([Buffer.from(`${at.path}/`), Buffer.from([0x62, 0xff, 0xe4])]), 'bytes');
    await at.backUp();
    await expectSameTree();

    rmSync(join(at.path, 'new\nline'));
    rmSync(Buffer.concat([Buffer.from(`${at.path}/`), Buffer.from([0x62, 0xff, 0xe4])]));
    const look = await at.inspect();
    expect([...look.firstDeleted].sort()).toEqual(['b\\377\\344', 'new\\nline']);
  });

  test('nothing changed: says so, touches nothing, and commits a newer backup', async () => {
    putMany(5);
    const first = await at.backUp();
    const before = await describeTree(at.mirror);
    const look = await at.inspect();
    expect(look).toMatchObject({
      lastBackupId: first.backupId,
      previousEntries: 6,
      entries: 6,
      deletions: 0,
      changes: 0,
      unchanged: true,
    });
    const second = await at.commit({ statistics: look.statistics, exitCode: 0, flaws: { count: 0, first: [] } });
    expect(second.backupId).toBe(first.backupId); // the same run again: the same backup
    expect(await describeTree(at.mirror)).toEqual(before);
  });

  test('a new run of an unchanged source has an id of its own, later than the last', async () => {
    putMany(2);
    const first = await at.backUp();
    const second = await at.backUp();
    expect(second.backupId > first.backupId).toBe(true);
    expect(second.outcome.statistics).toMatchObject({ filesTransferred: 0, filesDeleted: 0 });
  });

  test('changes, deletions and renames are counted before and made after', async () => {
    for (const name of ['keep', 'edit', 'remove', 'old name', 'folder/one', 'folder/two', 'mode']) put(name);
    await at.backUp();
    put('edit', 'edited');
    rmSync(join(at.path, 'remove'));
    renameSync(join(at.path, 'old name'), join(at.path, 'new name'));
    renameSync(join(at.path, 'folder'), join(at.path, 'moved'));
    chmodSync(join(at.path, 'mode'), 0o600);
    put('new');

    const look = await at.inspect();
    expect([...look.firstDeleted].sort()).toEqual(['folder', 'folder/one', 'folder/two', 'old name', 'remove']);
    // Created: new, new name, moved and its two; changed: the root, edit, mode.
    expect(look).toMatchObject({ deletions: 5, changes: 13, entries: 9, previousEntries: 9, unchanged: false });
    const { outcome } = await at.backUp();
    expect(outcome.statistics).toMatchObject({ filesDeleted: 5, filesCreated: 5, filesTransferred: 5 });
    await expectSameTree();
  });

  test('an edit of the same size within the same second is not missed', async () => {
    put('f', 'one');
    utimesSync(join(at.path, 'f'), 1_700_000_000.25, 1_700_000_000.25);
    await at.backUp();
    put('f', 'two');
    utimesSync(join(at.path, 'f'), 1_700_000_000.75, 1_700_000_000.75);
    expect((await at.inspect()).unchanged).toBe(false);
    await at.backUp();
    expect(readFileSync(join(at.mirror, 'f'), 'utf8')).toBe('two');
  });

  test('the options of the issue give figures in bytes that agree with find', async () => {
    for (let number = 0; number < 40; number += 1) put(`d${number % 4}/f${number}`, 'x'.repeat(number * 1_013));
    const rsyncOptions = '-avz --delete --numeric-ids --stats --human-readable'.split(' ');
    const { outcome } = await at.backUp({ rsyncOptions, preserveOwnership: false });
    const found = execFileSync('find', ['.', '-printf', '%y %s\\n'], { cwd: at.mirror, encoding: 'utf8' });
    const lines = found.trim().split('\n');
    const files = lines.filter((line) => line.startsWith('f'));
    expect(outcome.statistics).toMatchObject({
      filesTotal: lines.length,
      filesTransferred: files.length,
      filesCreated: lines.length - 1,
      totalSizeBytes: files.reduce((sum, line) => sum + Number(line.slice(2)), 0),
    });
    expect(outcome.statistics.literalBytes).toBe(outcome.statistics.totalSizeBytes);
    expect((await at.inspect({ rsyncOptions, preserveOwnership: false })).unchanged).toBe(true);
  });

  test('what is excluded stays on the host, and what the exclude file names', async () => {
    for (const name of ['keep', 'a.tmp', 'cache/x', '-odd']) put(name);
    const excludeFile = join(at.directory, 'exclude list.txt');
    writeFileSync(excludeFile, '/cache/\n');
    await at.backUp({ exclude: ['*.tmp', '/-odd'], excludeFile });
    expect(readdirSync(at.mirror)).toEqual(['keep']);
  });

  test('without its exclude file a run does not begin', async () => {
    put('f');
    await expect(at.sync({ excludeFile: '/nowhere/excludes.txt' })).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('/nowhere/excludes.txt') as unknown,
    });
    expect(readdirSync(at.base)).toEqual([]);
  });

  test('options that would endanger it never reach rsync', async () => {
    const rsyncOptions = ['-avze', 'sh -c id'];
    await expect(at.sync({ rsyncOptions })).rejects.toMatchObject({ type: 'ConfigInvalid' });
    await expect(at.inspect({ rsyncOptions: ['--remove-source-files'] })).rejects.toMatchObject({
      message: expect.stringContaining('must not remove files from the host') as unknown,
    });
  });

  test('--no-delete keeps what the source lost', async () => {
    putMany(3);
    await at.backUp({ rsyncOptions: ['--no-delete'] });
    rmSync(join(at.path, 'f0'));
    expect(await at.inspect({ rsyncOptions: ['--no-delete'] })).toMatchObject({ deletions: 0 });
    await at.backUp({ rsyncOptions: ['--no-delete'] });
    expect(readdirSync(at.mirror)).toEqual(['f0', 'f1', 'f2']);
  });

  test('two sources of a host lie side by side, and both are listed', async () => {
    putMany(1);
    await at.backUp();
    await at.backUp({ name: 'deep/er name' });
    writeFileSync(join(at.base, HOST, '.holdfast', 'broken.json'), '{"state":');
    const listed = await listMirrorStates(at.base);
    expect(listed.map(({ source, reading }) => [source, reading.kind])).toEqual([
      [undefined, 'unreadable'],
      ['data', 'known'],
      ['deep/er name', 'known'],
    ]);
    expect(await listMirrorStates('/nowhere')).toEqual([]);
  });

  test.each(['..', '.holdfast', 'a/../../b', '', 'a//b', '/etc'])('a source named "%s" is refused', async (name) => {
    await expect(at.sync({ name })).rejects.toMatchObject({ type: 'ConfigInvalid' });
  });
});

describe('the guard', () => {
  test.each([
    [0, undefined],
    [5, undefined],
    [6, 'too-many-deletions'],
  ])('%i of ten entries gone: %s', async (gone, reason) => {
    putMany(9);
    await at.backUp();
    for (let number = 0; number < gone; number += 1) rmSync(join(at.path, `f${number}`));
    const look = await at.inspect();
    expect(look).toMatchObject({ previousEntries: 10, deletions: gone, entries: 10 - gone });
    expect(findDoubt({ ...look, maxDeletePercent: 50 })?.reasons[0]).toBe(reason);
    expect(readdirSync(at.mirror)).toHaveLength(9);
  });

  test('an emptied source is doubted before anything is deleted', async () => {
    putMany(3);
    await at.backUp();
    rmSync(at.path, { recursive: true });
    mkdirSync(at.path);
    const look = await at.inspect();
    expect(look).toMatchObject({ entries: 1, deletions: 3, previousEntries: 4 });
    expect(findDoubt({ ...look, maxDeletePercent: 100 })?.reasons[0]).toBe('source-empty');
  });

  test('entries that another program left in the mirror are guarded too', async () => {
    putMany(2);
    mkdirSync(at.mirror, { recursive: true });
    for (let number = 1; number < 9; number += 1) writeFileSync(join(at.mirror, `f${number}`), 'old');
    const look = await at.inspect();
    expect(look).toMatchObject({ previousEntries: 9, deletions: 7, entries: 3 });
    expect(look.notes[0]).toMatch(/holds entries that Holdfast did not write/);
    expect(findDoubt({ ...look, maxDeletePercent: 50 })?.reasons[0]).toBe('too-many-deletions');
  });

  test('what vanishes after the look is not deleted beyond the limit, and the mirror does not count as finished', async () => {
    putMany(10);
    await at.backUp();
    for (let number = 0; number < 8; number += 1) rmSync(join(at.path, `f${number}`));
    await expect(at.sync({}, { maxDeletions: 5 })).rejects.toMatchObject({ type: 'SourceHeld' });
    expect(readdirSync(at.mirror)).toHaveLength(5);
    expect(await at.state()).toMatchObject({ state: { state: 'syncing', previousEntries: 11 } });
    expect((await at.inspect()).previousEntries).toBe(11);
  });

  test('a missing source is held, and leaves mirror and state as they were', async () => {
    putMany(3);
    const { backupId } = await at.backUp();
    rmSync(at.path, { recursive: true });
    await expect(at.inspect()).rejects.toMatchObject({ type: 'SourceHeld', place: { host: HOST, source: SOURCE } });
    await expect(at.sync()).rejects.toMatchObject({ type: 'SourceMissing' });
    expect(readdirSync(at.mirror)).toHaveLength(3);
    expect(await at.state()).toMatchObject({ state: { state: 'committed', last: { backupId } } });
  });

  test('a source missing from the start leaves no state', async () => {
    rmSync(at.path, { recursive: true });
    await expect(at.sync()).rejects.toMatchObject({ type: 'SourceMissing' });
    expect(await at.state()).toEqual({ kind: 'absent' });
  });

  test('a source that is a file is refused', async () => {
    rmSync(at.path, { recursive: true });
    writeFileSync(at.path, 'file');
    await expect(at.sync()).rejects.toMatchObject({ type: 'SourceNotDirectory' });
  });

  test('a destination that is not there is never made', async () => {
    rmSync(at.base, { recursive: true });
    await expect(at.inspect()).rejects.toMatchObject({ type: 'DestinationNotFound' });
    await expect(at.sync()).rejects.toMatchObject({ type: 'DestinationNotFound' });
    expect(existsSync(at.base)).toBe(false);
  });
});

describe('hostile names of sources', () => {
  test.each([
    '-e sh',
    '$(touch pwned)',
    ';touch pwned;',
    'two  spaces',
    '*',
    '[a-z]?',
    "it's",
    'back\\slash',
    'both\\*',
    'new\nline',
  ])('%j is one directory', async (name) => {
    for (const other of [name, 'other']) {
      mkdirSync(join(at.path, other));
      put(`${other}/inside`, other);
    }
    await at.backUp({ path: join(at.path, name) });
    expect(readdirSync(at.mirror)).toEqual(['inside']);
    expect(readFileSync(join(at.mirror, 'inside'), 'utf8')).toBe(name);
    expect((await at.inspect({ path: join(at.path, name) })).unchanged).toBe(true);
    expect(existsSync('pwned') || existsSync(join(process.env.HOME ?? '/', 'pwned'))).toBe(false);
  });
});
