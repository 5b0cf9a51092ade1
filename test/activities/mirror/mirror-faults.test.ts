import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { mirrorPaths } from '../../../src/activities/mirror/mirror-paths.js';
import { groupsMarked } from '../../../src/activities/mirror/process-group.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { describeTree } from '../../support/tree-oracle.js';
import { HOST, type MirrorFixture, SOURCE, startMirrorFixture, type SyncOptions, testControl } from './fixture.js';

const MIB = 1 << 20;
/** Slow enough to be caught in the middle, and quick to stop. */
const SLOWLY = ['--bwlimit=4m'];

let at: MirrorFixture;

beforeAll(async () => {
  at = await startMirrorFixture();
});
afterAll(() => at.stop());
beforeEach(() => at.reset());

const put = (name: string, content: string | Buffer = name): void => writeFileSync(join(at.path, name), content);
const expectSameTree = async (): Promise<void> =>
  expect(await describeTree(at.mirror)).toEqual(await describeTree(at.path));

/** Resolves when rsync has brought some of the content; `syncing` ends as the sync does. */
function syncSlowly(signal = new AbortController().signal): {
  readonly moving: Promise<void>;
  readonly syncing: Promise<unknown>;
} {
  let started = (): void => undefined;
  const moving = new Promise<void>((resolve) => {
    started = resolve;
  });
  const progress = (details: Readonly<Record<string, string | number>>): void => {
    if (Number(details.bytes) > MIB) started();
  };
  const options: SyncOptions = { control: testControl({ signal, progress }) };
  const syncing = at.sync({ rsyncOptions: SLOWLY }, options).then(
    () => 'done',
    (error: unknown) => error,
  );
  return { moving, syncing };
}

function remoteRsyncs(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
        return words.includes('--server') && words.includes(`${at.path}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

describe('a mirror cut off', () => {
  test('by kill -9 of rsync counts as unfinished, and the next attempt goes on', async () => {
    put('first', 'first');
    await at.backUp();
    put('big', Buffer.alloc(12 * MIB, 'b'));
    const { moving, syncing } = syncSlowly();
    await moving;
    for (const group of await groupsMarked('HOLDFAST_MIRROR', at.mirror)) process.kill(-group, 'SIGKILL');
    expect(await syncing).toMatchObject({ type: 'RsyncInterrupted', evidence: { errorCounts: NO_ERRORS } });
    expect(await at.state()).toMatchObject({
      state: { state: 'syncing', previousEntries: 2, last: { run: { runId: 'run-1' } } },
    });
    await until(() => remoteRsyncs().length === 0);

    const look = await at.inspect();
    expect(look).toMatchObject({ unchanged: false, previousEntries: 2 });
    expect(look.notes.join()).toMatch(/half synchronised/);
    await at.backUp();
    await expectSameTree();
  });

  test('by cancellation ends every process on both sides, and keeps the part that had arrived', async () => {
    const size = 12 * MIB;
    put('big', execFileSync('head', ['-c', String(size), '/dev/urandom'], { maxBuffer: size + 1 }));
    const cancel = new AbortController();
    const { moving, syncing } = syncSlowly(cancel.signal);
    await moving;
    expect(remoteRsyncs()).not.toEqual([]);
    cancel.abort();
    expect(await syncing).toMatchObject({ type: 'Cancelled' });
    expect(await groupsMarked('HOLDFAST_MIRROR', at.mirror)).toEqual([]);
    await until(() => remoteRsyncs().length === 0);
    expect(readdirSync(at.mirror)).toEqual([]);

    const { statistics } = (await at.backUp()).outcome;
    expect(statistics.matchedBytes).toBeGreaterThan(MIB / 2);
    expect(statistics.literalBytes + statistics.matchedBytes).toBe(size);
    await expectSameTree();
    expect(readdirSync(join(at.base, HOST, '.holdfast'))).toEqual([`${SOURCE}.json`]);
  });

  test('whose rsync outlived its worker: the next attempt ends it and takes over', async () => {
    put('big', Buffer.alloc(12 * MIB, 'b'));
    const { moving, syncing } = syncSlowly();
    await moving;
    await at.sync();
    expect(await syncing).toMatchObject({ type: 'RsyncInterrupted' });
    expect(await at.state()).toMatchObject({ state: { state: 'syncing' } });
    await expectSameTree();
  });

  test('by another run is not committed by this one', async () => {
    put('f');
    const outcome = await at.sync({}, { runId: 'another' });
    await expect(at.commit(outcome)).rejects.toMatchObject({ type: 'MirrorUnfinished' });
    expect(await at.state()).toMatchObject({ state: { state: 'syncing' } });
  });

  test('with an unreadable state counts as unfinished, whatever lies there', async () => {
    put('f');
    await at.backUp();
    const { stateFile } = mirrorPaths(at.base, HOST, SOURCE);
    for (const damage of ['', '{}', readFileSync(stateFile, 'utf8').replace('"format": 1', '"format": 2')]) {
      writeFileSync(stateFile, damage);
      expect(await at.state()).toMatchObject({ kind: 'unreadable' });
      const look = await at.inspect();
      expect(look).toMatchObject({ unchanged: false, previousEntries: 2, changes: 0 });
      expect(look.notes.join()).toMatch(/counts as unfinished/);
    }
    await at.backUp();
    expect(await at.state()).toMatchObject({ state: { state: 'committed' } });
  });

  test('by a full destination fails as such, and is unfinished', async () => {
    put('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at.base]);
    try {
      const { backupId } = await at.backUp();
      put('big', Buffer.alloc(4 * MIB, 'b'));
      await expect(at.sync()).rejects.toMatchObject({
        type: 'DestinationFull',
        evidence: {
          lines: expect.arrayContaining([expect.stringMatching(/No space left on device \(28\)$/)]) as unknown,
          rsyncExitCode: expect.any(Number) as number,
          errorCounts: { permission: 0 },
        },
      });
      expect(await at.state()).toMatchObject({ state: { state: 'syncing', last: { backupId } } });
      expect(readFileSync(join(at.mirror, 'small'), 'utf8')).toBe('small');
    } finally {
      execFileSync('umount', [at.base]);
    }
  });

  test('by a destination that became read-only fails as such', async () => {
    put('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at.base]);
    try {
      await at.backUp();
      execFileSync('mount', ['-o', 'remount,ro', at.base]);
      await expect(at.sync()).rejects.toMatchObject({ type: 'DestinationDenied' });
    } finally {
      execFileSync('umount', [at.base]);
    }
  });
});

describe('a source with flaws', () => {
  /** A program on the host that stands in for rsync. */
  function rsyncOnHost(script: string): string[] {
    mkdirSync(join(at.directory, 'bin'), { recursive: true });
    writeFileSync(join(at.directory, 'bin', 'rsync'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    chmodSync(at.directory, 0o755);
    return [`--rsync-path=${join(at.directory, 'bin', 'rsync')}`];
  }
  const asNobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups rsync "$@"';

  test('unreadable files and folders are named, the others are kept, and nothing is deleted', async () => {
    for (const name of ['open', 'secret', 'gone later']) put(name);
    mkdirSync(join(at.path, 'private'));
    const rsyncOptions = rsyncOnHost(process.geteuid?.() === 0 ? asNobody : 'exec rsync "$@"');
    await at.backUp({ rsyncOptions });
    chmodSync(join(at.path, 'secret'), 0o000);
    put('secret', 'changed');
    chmodSync(join(at.path, 'private'), 0o000);
    rmSync(join(at.path, 'gone later'));

    expect(await at.inspect({ rsyncOptions })).toMatchObject({ unchanged: false, deletions: 0 });
    const { status, outcome } = await at.backUp({ rsyncOptions });
    expect(status).toBe('warning');
    expect(outcome).toMatchObject({ exitCode: 23, errorCounts: { ...NO_ERRORS, permission: 2 } });
    expect(outcome.flaws.first.map(({ path, flaw }) => [path, flaw])).toEqual([
      ['private', 'unreadable'],
      ['secret', 'unreadable'],
    ]);
    expect(readdirSync(at.mirror)).toEqual(['gone later', 'open', 'private', 'secret']);
    expect(await at.state()).toMatchObject({ state: { state: 'committed', last: { status: 'warning' } } });
  });

  test('a source that may not be entered is no backup at all', async () => {
    put('f');
    chmodSync(at.path, 0o000);
    const rsyncOptions = rsyncOnHost(process.geteuid?.() === 0 ? asNobody : 'exec rsync "$@"');
    await expect(at.sync({ rsyncOptions })).rejects.toMatchObject({
      type: 'SourceUnreadable',
      evidence: {
        lines: expect.arrayContaining([expect.stringMatching(/Permission denied \(13\)$/)]) as unknown,
        rsyncExitCode: 23,
        errorCounts: NO_ERRORS,
      },
    });
    expect(await at.state()).toEqual({ kind: 'absent' });
  });

  test('a file that vanishes while others are copied is named, and makes a warning', async () => {
    put('a', Buffer.alloc(8 * MIB, 'a'));
    put('z');
    let removed = false;
    const progress = (details: Readonly<Record<string, string | number>>): void => {
      if (removed || Number(details.bytes) === 0) return;
      removed = true;
      rmSync(join(at.path, 'z'));
    };
    const outcome = await at.sync({ rsyncOptions: SLOWLY }, { control: testControl({ progress }) });
    expect(outcome).toMatchObject({
      exitCode: 24,
      flaws: { count: 1, first: [{ path: 'z', flaw: 'vanished' }] },
      errorCounts: { ...NO_ERRORS, vanished: 1 },
    });
    expect((await at.commit(outcome)).status).toBe('warning');
  });

  test('a login shell that prints text is recognised, and the mirror stays as it was', async () => {
    put('f');
    const { backupId } = await at.backUp();
    const rsyncOptions = rsyncOnHost('echo "Welcome to $(hostname)"; exec rsync "$@"');
    await expect(at.sync({ rsyncOptions })).rejects.toMatchObject({ type: 'HostShellPrintsText' });
    expect(await at.state()).toMatchObject({ state: { state: 'committed', last: { backupId } } });
  });

  test('a host without rsync is recognised', async () => {
    put('f');
    const rsyncOptions = ['--rsync-path=/nowhere/rsync'];
    await expect(at.inspect({ rsyncOptions })).resolves.toMatchObject({ previousEntries: 0 });
    await expect(at.sync({ rsyncOptions })).rejects.toMatchObject({ type: 'ToolMissing' });
  });

  test('an rsync that dies on the host is tried again', async () => {
    put('f');
    const rsyncOptions = rsyncOnHost('kill -9 $$');
    await expect(at.sync({ rsyncOptions })).rejects.toMatchObject({
      type: expect.stringMatching(/Interrupted|Unreach/) as unknown,
      evidence: {
        lines: expect.arrayContaining([expect.stringMatching(/^rsync: connection unexpectedly closed/)]) as unknown,
        rsyncExitCode: expect.any(Number) as number,
      },
    });
  });

  test('the owner that a mirror keeps in attributes is recorded as such', async () => {
    put('f');
    chmodSync(join(at.path, 'f'), 0o4711);
    await at.backUp({ rsyncOptions: ['--fake-super'] });
    expect(await at.state()).toMatchObject({ state: { last: { fakeSuper: true } } });
    const kept = execFileSync('getfattr', ['-d', '-m', '-', join(at.mirror, 'f')], { encoding: 'utf8' });
    expect(kept).toMatch(/user\.rsync\.%stat="104711 /);
    expect(statSync(join(at.mirror, 'f')).mode & 0o7000).toBe(0);
    expect((await at.inspect({ rsyncOptions: ['--fake-super'] })).unchanged).toBe(true);
  });

  test('a clock behind the last backup is noticed before anything is copied', async () => {
    put('f');
    await at.backUp();
    const { stateFile } = mirrorPaths(at.base, HOST, SOURCE);
    const future = readFileSync(stateFile, 'utf8').replace(/"backupId": "\d{4}/, '"backupId": "2999');
    writeFileSync(stateFile, future);
    await expect(at.inspect()).rejects.toMatchObject({ type: 'ClockBehind' });
  });

  test('an end that was no success is never committed', async () => {
    put('f');
    const outcome = { ...(await at.sync()), exitCode: 12 };
    const input = { ...at.input(), startedAtMs: Date.now(), outcome };
    const providers = { holdfastVersion: '0' } as Parameters<typeof commitMirror>[0];
    await expect(commitMirror(providers, testControl(), input)).rejects.toMatchObject({ type: 'RsyncFailed' });
  });
});
