import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runSourceCli } from '../support/source-cli.js';

/** `holdfast hosts trust` against real sshds: what known_hosts holds afterwards, and whether ssh itself then takes the host. */
const run = promisify(execFile);

let directory: string;
let host: LoopbackHost;
let other: LoopbackHost;
const path = (name: string): string => join(directory, name);
const knownHosts = (): string => path('known_hosts');
const recorded = (): Promise<string> => readFile(knownHosts(), 'utf8');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-trust-'));
  for (const name of ['alpha', 'beta']) await mkdir(path(name));
  await run('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', join(path('alpha'), 'rsa_key')]);
  const sshdOptions = [`HostKey "${join(path('alpha'), 'rsa_key')}"`];
  host = await startLoopbackHost({ name: 'alpha', directory: path('alpha'), sshdOptions });
  other = await startLoopbackHost({ name: 'beta', directory: path('beta') });
});

afterAll(async () => {
  await host.stop();
  await other.stop();
  await rm(directory, { recursive: true });
});

beforeEach(() => rm(knownHosts(), { force: true }));

async function holdfast(words: readonly string[], options: Readonly<Record<string, string>> = {}) {
  const login = (one: LoopbackHost) => ({
    hostname: '127.0.0.1',
    ssh_user: one.user,
    ssh_port: one.port,
    ssh_key: one.identityFile,
    // Debian's own ssh_config hashes names.
    ssh_options: {
      UserKnownHostsFile: knownHosts(),
      GlobalKnownHostsFile: '/dev/null',
      HashKnownHosts: 'no',
      ...options,
    },
    paths: [{ path: '/etc' }],
  });
  const down = { ...login(host), ssh_port: 1 };
  await writeFile(
    path('holdfast.yaml'),
    stringify({ config: { backup_base: directory }, hosts: { alpha: login(host), beta: login(other), down } }),
  );
  const result = await runSourceCli(['--config', path('holdfast.yaml'), '--json', 'hosts', 'trust', ...words], {
    HOLDFAST_STATE_DIR: path('state'),
  });
  const documents = result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { exit: result.exit, host: documents[0] ?? {}, summary: documents.at(-1) ?? {}, stderr: result.stderr };
}

/** The fingerprint that ssh-keygen shows, as somebody at the console would read it. */
async function consoleFingerprint(key: string): Promise<string> {
  const { stdout } = await run('ssh-keygen', ['-l', '-f', key]);
  return stdout.split(' ')[1] ?? '';
}

/** ssh's own verdict, with its strictest check. */
async function sshTakes(one: LoopbackHost): Promise<boolean> {
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts()}`,
    'GlobalKnownHostsFile=/dev/null',
    'BatchMode=yes',
  ];
  const words = [
    '-F',
    'none',
    '-i',
    one.identityFile,
    '-p',
    String(one.port),
    ...options.flatMap((option) => ['-o', option]),
  ];
  return run('ssh', [...words, '--', '127.0.0.1', 'true']).then(
    () => true,
    () => false,
  );
}

test('without anybody to ask, nothing is recorded, and the fingerprints are shown', async () => {
  const { exit, host: shown } = await holdfast(['alpha']);
  expect(exit).toBe(1);
  expect(shown).toMatchObject({ outcome: 'refused', failure: { type: 'HostKeyUnknown' } });
  const keys = shown['keys'] as { type: string; fingerprint: string; state: string }[];
  expect(keys.map(({ type, state }) => [type, state])).toEqual([
    ['ssh-ed25519', 'new'],
    ['ssh-rsa', 'new'],
  ]);
  expect(keys[0]?.fingerprint).toBe(await consoleFingerprint(join(path('alpha'), 'host_key.pub')));
  await expect(stat(knownHosts())).rejects.toThrow(/ENOENT/);
});

test('the key with the fingerprint that somebody gives is recorded, no other, and ssh takes the host then', async () => {
  expect(await sshTakes(host)).toBe(false);
  const fingerprint = await consoleFingerprint(join(path('alpha'), 'host_key.pub'));
  const { exit, host: shown } = await holdfast(['alpha', '--fingerprint', fingerprint]);
  expect(exit).toBe(0);
  expect(shown).toMatchObject({ outcome: 'trusted', recorded: [fingerprint], file: knownHosts() });
  expect((await recorded()).split('\n')).toHaveLength(2);
  expect((await stat(knownHosts())).mode & 0o777).toBe(0o600);
  expect(await sshTakes(host)).toBe(true);
});

test('a fingerprint that the host does not show records nothing', async () => {
  const fingerprint = await consoleFingerprint(join(path('beta'), 'host_key.pub'));
  const { exit, host: shown } = await holdfast(['alpha', '--fingerprint', fingerprint]);
  expect(exit).toBe(1);
  expect(shown).toMatchObject({ outcome: 'refused', failure: { type: 'HostKeyUnknown' } });
  await expect(stat(knownHosts())).rejects.toThrow(/ENOENT/);
});

test('--yes records all keys of all hosts that answer; one that does not is named, and the second time nothing changes', async () => {
  const first = await holdfast(['--yes']);
  expect(first.exit).toBe(1);
  expect(first.stderr).toBe('');
  const before = await recorded();
  expect(before.trim().split('\n')).toHaveLength(3);
  expect([await sshTakes(host), await sshTakes(other)]).toEqual([true, true]);
  const second = await holdfast(['alpha', 'beta', '--yes']);
  expect(second).toMatchObject({ exit: 0, host: { outcome: 'known' } });
  expect(await recorded()).toBe(before);
  const down = await holdfast(['down']);
  expect(down.host).toMatchObject({ outcome: 'failed', failure: { type: 'HostUnreachable' } });
});

test('names are hashed where ssh would hash them, and are found again', async () => {
  const hashing = { HashKnownHosts: 'yes' };
  expect((await holdfast(['alpha', '--yes'], hashing)).exit).toBe(0);
  const text = await recorded();
  expect(text).toMatch(/^\|1\|/);
  expect(text).not.toContain('127.0.0.1');
  expect(await sshTakes(host)).toBe(true);
  expect((await holdfast(['alpha'], hashing)).host).toMatchObject({ outcome: 'known' });
});

test('an alias is what the key is recorded under', async () => {
  const { exit, host: shown } = await holdfast(['alpha', '--yes'], { HostKeyAlias: 'the-alias' });
  expect({ exit, name: shown['known_hosts_name'] }).toEqual({ exit: 0, name: 'the-alias' });
  expect(await recorded()).toMatch(/^the-alias ssh-ed25519 /);
});

test('a changed key is refused whatever is said, names the old and the new one, and gives way to nothing but --replace', async () => {
  const wrong = (await readFile(join(path('beta'), 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  const neighbours = `# mine\nneighbour.example ${wrong}\n`;
  const before = `${neighbours}[127.0.0.1]:${host.port} ${wrong}\n@revoked bad.example ${wrong}`;
  await writeFile(knownHosts(), before, { mode: 0o644 });
  const [old, shown] = await Promise.all(
    ['beta', 'alpha'].map((name) => consoleFingerprint(join(path(name), 'host_key.pub'))),
  );
  for (const words of [['--yes'], ['--fingerprint', shown ?? ''], ['--yes', '--replace', shown ?? '']]) {
    const refused = await holdfast(['alpha', ...words]);
    expect(refused.exit).toBe(1);
    const { failure, outcome } = refused.host as {
      outcome: string;
      failure: { type: string; message: string; action: string };
    };
    expect([outcome, failure.type]).toEqual(['refused', 'HostKeyChanged']);
    expect(failure.message).toContain(old);
    expect(failure.message).toContain(shown);
    expect(await recorded()).toBe(before);
  }
  // Named as the one that is to go, and the new one confirmed.
  const replaced = await holdfast(['alpha', '--replace', old ?? '', '--fingerprint', shown ?? '']);
  expect(replaced).toMatchObject({ exit: 0, host: { outcome: 'trusted', removed: [old] } });
  const after = await recorded();
  expect(after.startsWith(neighbours)).toBe(true);
  expect(after).toContain(`@revoked bad.example ${wrong}\n`);
  expect((await stat(knownHosts())).mode & 0o777).toBe(0o644);
  expect(await sshTakes(host)).toBe(true);
});

test('a revoked key is never recorded', async () => {
  const key = (await readFile(join(path('alpha'), 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(knownHosts(), `@revoked * ${key}\n`);
  const { exit, host: shown } = await holdfast(['alpha', '--yes']);
  expect(exit).toBe(1);
  expect(shown).toMatchObject({ outcome: 'refused', failure: { type: 'HostKeyChanged' } });
  expect(await recorded()).toBe(`@revoked * ${key}\n`);
});

test('a line that stands for several hosts is left for a person to edit', async () => {
  const wrong = (await readFile(join(path('beta'), 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  const before = `[127.0.0.1]:${host.port},gamma.example ${wrong}\n`;
  await writeFile(knownHosts(), before);
  const old = await consoleFingerprint(join(path('beta'), 'host_key.pub'));
  const { exit, host: shown } = await holdfast(['alpha', '--yes', '--replace', old]);
  expect(exit).toBe(1);
  expect(shown).toMatchObject({
    failure: { message: expect.stringContaining('line 1 stands for other hosts too') as string },
  });
  expect(await recorded()).toBe(before);
});

test('a known_hosts that is a link stays one, and bytes that are no text stay as they are', async () => {
  await mkdir(path('dotfiles'), { recursive: true });
  const real = join(path('dotfiles'), 'known_hosts');
  const before = Buffer.from('# caf\xe9 without a newline', 'latin1');
  await writeFile(real, before);
  await symlink(real, knownHosts());
  expect((await holdfast(['alpha', '--yes'])).exit).toBe(0);
  const after = await readFile(real);
  expect(after.subarray(0, before.length)).toEqual(before);
  expect(after.subarray(before.length).toString()).toMatch(/^\n\[127\.0\.0\.1\]/);
  expect(await readFile(knownHosts())).toEqual(after);
});

test('a place that cannot hold keys is said before anything is asked', async () => {
  const { exit, host: shown } = await holdfast(['alpha', '--yes'], { UserKnownHostsFile: '/dev/null' });
  expect(exit).toBe(1);
  expect(shown).toMatchObject({
    failure: { type: 'ConfigInvalid', message: expect.stringContaining('/dev/null') as string },
  });
  await mkdir(path('no-way'), { recursive: true });
  await writeFile(join(path('no-way'), 'file'), '');
  await chmod(path('no-way'), 0o755);
  const blocked = await holdfast(['alpha', '--yes'], {
    UserKnownHostsFile: join(path('no-way'), 'file', 'known_hosts'),
  });
  expect(blocked.host).toMatchObject({
    failure: { type: 'ConfigInvalid', message: expect.stringContaining('cannot be written') as string },
  });
});

test('what is no fingerprint is a mistake of usage', async () => {
  expect((await holdfast(['alpha', '--fingerprint', 'MD5:aa'])).exit).toBe(2);
});
