import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { inspectMirror } from '../../../src/activities/mirror/inspect-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import type { HostPlan } from '../../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../../src/demo/loopback-host.js';
import { addHostUser, type HostUser } from '../../support/host-user.js';
import { describeTree } from '../../support/tree-oracle.js';
import { type MirrorFixture, startMirrorFixture, testControl } from './fixture.js';

let at: MirrorFixture;

beforeAll(async () => {
  at = await startMirrorFixture();
});
afterAll(() => at.stop());
beforeEach(() => at.reset());
afterEach(() => vi.unstubAllEnvs());

const put = (name: string, text = name): void => {
  mkdirSync(join(at.path, name, '..'), { recursive: true });
  writeFileSync(join(at.path, name), text);
};
const expectSameTree = async (): Promise<void> =>
  expect(await describeTree(at.mirror)).toEqual(await describeTree(at.path));

describe('figures', () => {
  test.each([
    '',
    '-h',
    '-hh',
    '-hhh',
    '--human-readable',
    '--no-human-readable',
    '--no-h',
    '-avh',
    '-h --no-h',
    '--stats -v --progress -h',
    '--info=stats3,flist2 -h',
    '-q',
  ])('are exact bytes with "%s", whatever the worker’s language', async (options) => {
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
    vi.stubEnv('LANG', 'de_DE.UTF-8');
    put('a', 'x'.repeat(1_234_567));
    put('b', 'y'.repeat(89));
    const rsyncOptions = options.split(' ').filter(Boolean);
    const { statistics } = await at.sync({ rsyncOptions });
    expect(statistics).toMatchObject({
      filesTotal: 3,
      filesTransferred: 2,
      totalSizeBytes: 1_234_656,
      literalBytes: 1_234_656,
    });
    expect(statistics.bytesReceived).toBeGreaterThan(1_234_656);
  });
});

test('the time in which data moves is measured, not that in which nothing does', async () => {
  put('a', 'x'.repeat(3_000_000));
  const { movingMs } = await at.sync({ rsyncOptions: ['--bwlimit=1m'] });
  expect(movingMs).toBeGreaterThan(1_500);
  expect((await at.sync()).movingMs).toBeLessThan(1_000);
});

describe('the worker’s own settings of rsync', () => {
  test('variables and aliases of its user change nothing', async () => {
    put('a');
    put('secret');
    const home = join(at.directory, 'home');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, '.popt'), 'rsync alias --stats --dry-run --quiet\nrsync alias --timeout --old-args\n');
    vi.stubEnv('HOME', home);
    vi.stubEnv('RSYNC_RSH', 'false');
    vi.stubEnv('RSYNC_OLD_ARGS', '1');
    vi.stubEnv('RSYNC_PARTIAL_DIR', join(at.base, 'elsewhere'));
    vi.stubEnv('CVSIGNORE', 'secret');
    await at.backUp({ rsyncOptions: ['-C'] });
    expect(readdirSync(at.mirror)).toEqual(['a', 'secret']);
    const hostile = join(at.path, '$(touch pwned)');
    mkdirSync(hostile);
    await at.backUp({ path: hostile });
    expect([
      existsSync('pwned'),
      existsSync(join(home, 'pwned')),
      existsSync(join(process.env['HOME'] ?? '', 'pwned')),
    ]).toEqual([false, false, false]);
  });
});

describe('names that look like options or commands', () => {
  test.each([
    '--rsh=touch pwned',
    '-e touch pwned',
    '; touch pwned',
    '`touch pwned`',
    '"$(touch pwned)"',
    '--old-args',
    '-',
    'a\tb',
    '&& touch pwned',
    '!touch',
    '{a,b}',
    '~root',
  ])('the source %j is one directory', async (name) => {
    mkdirSync(join(at.path, name), { recursive: true });
    put(`${name}/inside`, name);
    await at.backUp({ path: join(at.path, name) });
    expect(readdirSync(at.mirror)).toEqual(['inside']);
    expect(existsSync('pwned') || existsSync('/pwned') || existsSync(join(process.env['HOME'] ?? '/', 'pwned'))).toBe(
      false,
    );
  });

  test.each(['rsync; touch pwned', 'sudo sh', '$(id)'])(
    'a plan whose rsync is called %j is refused',
    async (rsyncPath) => {
      put('a');
      await expect(at.sync({ rsyncPath })).rejects.toMatchObject({ type: 'ConfigInvalid' });
    },
  );
});

describe('attributes', () => {
  test('ACLs, also default ones, and extended attributes of every namespace arrive', async () => {
    put('dir/file');
    execFileSync('setfacl', ['-m', 'u:65534:rx,d:g:65534:r', join(at.path, 'dir')]);
    execFileSync('setfattr', ['-n', 'trusted.holdfast', '-v', 'root only', join(at.path, 'dir/file')]);
    execFileSync('setfattr', ['-n', 'user.origin', '-v', 'here', join(at.path, 'dir')]);
    await at.backUp();
    const kept = (root: string) =>
      execFileSync('getfattr', ['-R', '-d', '-m', '-', '--', '.'], { cwd: root, encoding: 'utf8' });
    expect(kept(at.mirror)).toContain('trusted.holdfast="root only"');
    expect(kept(at.mirror)).toBe(kept(at.path));
    const lists = (root: string) => execFileSync('getfacl', ['-R', '-n', '.'], { cwd: root, encoding: 'utf8' });
    expect(lists(at.mirror)).toBe(lists(at.path));
  });

  test('owners are kept by number, unless they are not wanted', async () => {
    put('a');
    execFileSync('chown', ['12345:54321', join(at.path, 'a')]);
    await at.backUp();
    expect(statSync(join(at.mirror, 'a'))).toMatchObject({ uid: 12345, gid: 54321 });
    await at.reset();
    put('a');
    execFileSync('chown', ['12345:54321', join(at.path, 'a')]);
    await at.backUp({ preserveOwnership: false, rsyncOptions: ['-a', '-og'] });
    expect(statSync(join(at.mirror, 'a'))).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
  });
});

describe('a login that is not root', () => {
  let user: HostUser;
  let sshd: LoopbackHost;
  const asUser = (host: HostPlan): HostPlan => ({ ...host, ssh: { ...sshd.plan([]).ssh, user: user.name } });

  beforeAll(async () => {
    user = addHostUser();
    const directory = join(at.directory, 'other');
    mkdirSync(directory);
    chmodSync(at.directory, 0o755);
    chmodSync(directory, 0o755);
    const keys = join(directory, 'authorized_keys');
    sshd = await startLoopbackHost({ name: 'other', directory, sshdOptions: ['UsePAM yes'] });
    chmodSync(keys, 0o644);
  });
  afterAll(async () => {
    await sshd.stop();
    user.remove();
  });

  const sync = (rsyncPath?: string) => {
    const input = at.input(rsyncPath === undefined ? {} : { rsyncPath });
    return syncMirror(at.providers, testControl(), { ...input, host: asUser(input.host) });
  };

  test('counts what it may not read, by kind; with rsync_path: sudo rsync it reads all', async () => {
    put('open');
    put('shadow', 'secret');
    put('private/key', 'secret');
    chmodSync(join(at.path, 'shadow'), 0o600);
    chmodSync(join(at.path, 'private'), 0o700);
    const refused = await sync();
    expect(refused).toMatchObject({
      exitCode: 23,
      flaws: { count: 2 },
      errorCounts: { permission: 2, vanished: 0, other: 0 },
    });

    // Without a rule sudo asks for a password, which nobody is there to type.
    await expect(sync('sudo rsync')).rejects.toMatchObject({
      message: expect.stringMatching(/sudo.*password/) as unknown,
    });

    user.allowSudo(execFileSync('which', ['rsync'], { encoding: 'utf8' }).trim());
    const whole = await sync('sudo rsync');
    expect(whole).toMatchObject({ exitCode: 0, flaws: { count: 0 }, errorCounts: { permission: 0 } });
    await expectSameTree();
    const input = at.input({ rsyncPath: 'sudo -n rsync' });
    expect(await inspectMirror(at.providers, testControl(), { ...input, host: asUser(input.host) })).toMatchObject({
      changes: 0,
    });
    rmSync(join(at.path, 'shadow'));
    expect(readFileSync(join(at.mirror, 'shadow'), 'utf8')).toBe('secret');
  });
});
