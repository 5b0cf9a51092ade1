import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { quoteAll } from '../../src/core/shell-quoting.js';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runSourceCli, sourceCliWords } from '../support/source-cli.js';
import { commandLines } from '../support/ssh-clients.js';
import { makeTestUser, type TestUser } from '../support/test-user.js';

/** `holdfast hosts install-key` against a real sshd that takes the password of a real account, with sshd's own strict checks. */
const run = promisify(execFile);

let directory: string;
let user: TestUser;
let host: LoopbackHost;
const path = (name: string): string => join(directory, name);
const ssh = (): string => join(user.home, '.ssh');
const authorizedKeys = (): string => join(ssh(), 'authorized_keys');
const identity = (): string => path('identity/id_new');
const asUser = (...words: string[]) => run('runuser', ['-u', user.name, '--', ...words]);

const TAKES_PASSWORDS = ['PasswordAuthentication yes', 'StrictModes yes', 'AuthorizedKeysFile .ssh/authorized_keys'];

async function startHost(name: string, sshdOptions: readonly string[]): Promise<LoopbackHost> {
  await mkdir(path(name));
  return startLoopbackHost({ name, directory: path(name), sshdOptions });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-install-'));
  user = await makeTestUser(directory);
  host = await startHost('web1', [...TAKES_PASSWORDS, 'UsePAM no']);
});

afterAll(async () => {
  await host.stop();
  await user.remove();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  for (const name of [ssh(), path('identity')]) await rm(name, { recursive: true, force: true });
  await chmod(user.home, 0o755);
});

async function configure(target: LoopbackHost, knownHostsFile = target.knownHostsFile): Promise<string> {
  const login = {
    hostname: '127.0.0.1',
    ssh_user: user.name,
    ssh_port: target.port,
    ssh_key: identity(),
    ssh_options: { UserKnownHostsFile: knownHostsFile },
    paths: [{ path: '/etc' }],
  };
  await writeFile(path('holdfast.yaml'), stringify({ config: { backup_base: directory }, hosts: { web1: login } }));
  return path('holdfast.yaml');
}

const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });

interface Given {
  readonly target?: LoopbackHost;
  readonly knownHostsFile?: string;
  readonly password?: string;
  readonly words?: readonly string[];
}

async function install({ target = host, knownHostsFile, password = user.password, words = [] }: Given = {}) {
  const config = await configure(target, knownHostsFile);
  const all = ['--config', config, '--json', 'hosts', 'install-key', 'web1', '--password-file', '-', ...words];
  const { exit, stdout, stderr } = await runSourceCli(all, environment(), `${password}\n`);
  expect(`${stdout}${stderr}`).not.toContain(user.password);
  const [document = {}] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const failure = document['failure'] as { type: string; message: string } | undefined;
  return { exit, document, failure, stderr };
}

/** ssh itself, with this key alone. */
async function logsIn(target = host, command = 'true'): Promise<boolean> {
  const options = ['BatchMode=yes', `UserKnownHostsFile=${target.knownHostsFile}`, 'IdentitiesOnly=yes'];
  const words = [
    '-F',
    'none',
    '-i',
    identity(),
    '-p',
    String(target.port),
    ...options.flatMap((option) => ['-o', option]),
  ];
  return run('ssh', [...words, `${user.name}@127.0.0.1`, command]).then(
    () => true,
    () => false,
  );
}

test('makes a key, installs it with right modes, proves it, and does nothing the second time', async () => {
  const { exit, document, stderr } = await install();
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(document).toMatchObject({ outcome: 'installed', identity: identity() });
  expect(stderr).toContain(`made the key ${identity()}`);
  expect((await stat(identity())).mode & 0o777).toBe(0o600);
  expect(await readFile(identity(), 'utf8')).toContain('OPENSSH PRIVATE KEY');
  const [folder, file] = [await stat(ssh()), await stat(authorizedKeys())];
  expect([folder.mode & 0o777, file.mode & 0o777, folder.uid, file.uid]).toEqual([0o700, 0o600, user.uid, user.uid]);
  expect(await readFile(authorizedKeys(), 'utf8')).toBe(await readFile(`${identity()}.pub`, 'utf8'));
  expect(await logsIn()).toBe(true);
  const key = await readFile(identity(), 'utf8');
  const again = await install({ password: 'not even asked for' });
  expect(again).toMatchObject({ exit: 0, document: { outcome: 'works already' } });
  expect(await readFile(identity(), 'utf8')).toBe(key);
  expect(await readdir(ssh())).toEqual(['authorized_keys']);
});

test('keeps what is there, puts the missing newline in, and follows a link', async () => {
  await asUser('mkdir', '-m', '700', ssh(), join(user.home, 'keys'));
  const real = join(user.home, 'keys', 'mine');
  const before = '# mine\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other@host';
  await writeFile(real, before, { mode: 0o644 });
  await run('chown', [user.name, real]);
  await symlink(real, authorizedKeys());
  expect((await install()).document).toMatchObject({ outcome: 'installed' });
  const after = await readFile(real, 'utf8');
  expect(after).toBe(`${before}\n${await readFile(`${identity()}.pub`, 'utf8')}`);
  expect(await readFile(authorizedKeys(), 'utf8')).toBe(after);
  expect(await readdir(join(user.home, 'keys'))).toEqual(['mine']);
  await rm(join(user.home, 'keys'), { recursive: true });
});

test('--restrict takes everything from the key but commands, and an unrestricted line of it is not left to count', async () => {
  expect((await install({ words: ['--restrict'] })).document).toMatchObject({ outcome: 'installed' });
  expect(await readFile(authorizedKeys(), 'utf8')).toMatch(/^restrict ssh-ed25519 /);
  expect(await logsIn()).toBe(true);
  // A terminal would be one of the things that it may not have.
  const words = [
    '-F',
    'none',
    '-tt',
    '-i',
    identity(),
    '-p',
    String(host.port),
    '-o',
    `UserKnownHostsFile=${host.knownHostsFile}`,
  ];
  await expect(run('ssh', [...words, `${user.name}@127.0.0.1`, 'true'])).rejects.toThrow(
    /PTY allocation request failed/,
  );
  expect((await install({ words: ['--restrict'] })).document).toMatchObject({ outcome: 'present' });
  const line = await readFile(authorizedKeys(), 'utf8');
  await writeFile(authorizedKeys(), line.replace('restrict ', ''));
  const other = await install({ words: ['--restrict'] });
  expect(other.exit).toBe(1);
  expect(other.failure?.message).toMatch(/has the key with other options/);
  expect(await readFile(authorizedKeys(), 'utf8')).toBe(line.replace('restrict ', ''));
});

test('--rsync-only installs a key that reads by rsync below one directory, and neither writes nor runs anything', async () => {
  expect((await install({ words: ['--rsync-only', '/etc'] })).document).toMatchObject({ outcome: 'installed' });
  expect(await readFile(authorizedKeys(), 'utf8')).toMatch(/^restrict,command="rrsync -ro \/etc" ssh-ed25519 /);
  // rrsync lets `true` through, for those who only want to know whether the login works.
  expect([await logsIn(), await logsIn(host, 'id')]).toEqual([true, false]);
  const rsh = `ssh -F none -i ${identity()} -p ${host.port} -o UserKnownHostsFile=${host.knownHostsFile}`;
  const remote = `${user.name}@127.0.0.1`;
  await run('rsync', ['-a', '-e', rsh, `${remote}:/hostname`, path('copied')]);
  expect(await readFile(path('copied'), 'utf8')).toBe(await readFile('/etc/hostname', 'utf8'));
  await expect(run('rsync', ['-a', '-e', rsh, path('copied'), `${remote}:/planted`])).rejects.toThrow();
  await expect(run('rsync', ['-a', '-e', rsh, `${remote}:/../root/.bashrc`, path('stolen')])).rejects.toThrow();
});

test('--print shows the line and logs in nowhere', async () => {
  const config = await configure({ ...host, port: 1 });
  const { exit, stdout } = await runSourceCli(
    ['--config', config, 'hosts', 'install-key', 'web1', '--print'],
    environment(),
  );
  expect(exit).toBe(0);
  expect(stdout).toBe(await readFile(`${identity()}.pub`, 'utf8'));
});

describe('fails clearly, and changes nothing,', () => {
  test('when the password is wrong', async () => {
    const { exit, failure } = await install({ password: 'wrong' });
    expect(exit).toBe(1);
    expect(failure).toMatchObject({
      type: 'HostAuthFailed',
      message: expect.stringContaining('the password was refused') as string,
    });
    await expect(stat(ssh())).rejects.toThrow(/ENOENT/);
  });

  test('when the host takes no passwords', async () => {
    const strict = await startHost('strict', ['AuthorizedKeysFile .ssh/authorized_keys']);
    try {
      const { failure } = await install({ target: strict });
      expect(failure).toMatchObject({
        type: 'HostAuthFailed',
        message: expect.stringContaining('takes no passwords') as string,
      });
    } finally {
      await strict.stop();
    }
  });

  test('when the host’s key is not known, or another one: no password is sent', async () => {
    const log = await readFile(host.logFile, 'utf8');
    expect((await install({ knownHostsFile: '/dev/null' })).failure?.type).toBe('HostKeyUnknown');
    const other = await startHost('impostor', TAKES_PASSWORDS);
    try {
      const known = await readFile(host.knownHostsFile, 'utf8');
      await writeFile(path('wrong'), known.replace(`:${host.port} `, `:${other.port} `));
      expect((await install({ target: other, knownHostsFile: path('wrong') })).failure?.type).toBe('HostKeyChanged');
    } finally {
      await other.stop();
    }
    const since = (await readFile(host.logFile, 'utf8')).slice(log.length);
    expect(since).not.toMatch(/password/i);
  });

  test('when authorized_keys is another user’s, or no file, or home cannot be written', async () => {
    await asUser('mkdir', '-m', '700', ssh());
    await writeFile(authorizedKeys(), '# root’s\n', { mode: 0o644 });
    expect((await install()).failure?.message).toMatch(/belongs to another user/);
    expect(await readFile(authorizedKeys(), 'utf8')).toBe('# root’s\n');
    await rm(authorizedKeys());
    await mkdir(authorizedKeys());
    expect((await install()).failure?.message).toMatch(/is not a file/);
    await rm(ssh(), { recursive: true });
    await run('chown', ['root:', user.home]);
    try {
      expect((await install()).failure?.message).toMatch(/not installed: .*Permission denied/);
    } finally {
      await run('chown', [`${user.name}:`, user.home]);
    }
  });

  test('when there is neither a terminal nor a password', async () => {
    const config = await configure(host);
    const { exit, stderr } = await runSourceCli(['--config', config, 'hosts', 'install-key', 'web1'], environment());
    expect(exit).toBe(2);
    expect(stderr).toMatch(/--password-file FILE/);
  });
});

test('a key that stands there and does not log in says what sshd passes over', async () => {
  await chmod(user.home, 0o777);
  const { exit, failure } = await install();
  expect(exit).toBe(1);
  expect(failure?.message).toContain(`sshd passes over ${user.home}`);
});

test('keyboard-interactive (PAM) works as password does', async () => {
  const pam = await startHost('pam', [
    'UsePAM yes',
    'KbdInteractiveAuthentication yes',
    'AuthorizedKeysFile .ssh/authorized_keys',
  ]);
  try {
    expect((await install({ target: pam })).document).toMatchObject({ outcome: 'installed' });
    expect(await logsIn(pam)).toBe(true);
  } finally {
    await pam.stop();
  }
});

test('at a terminal it asks, shows nothing of what is typed, and the password stands in no argument list or file', async () => {
  const config = await configure(host);
  const words = sourceCliWords(['--config', config, 'hosts', 'install-key', 'web1']);
  const child = spawn('script', ['-qefc', quoteAll(words), '/dev/null'], { env: { ...process.env, ...environment() } });
  let shown = '';
  let typed = false;
  const seen = new Set<string>();
  const watching = setInterval(() => {
    void commandLines().then((lines) => lines.forEach(([, line]) => seen.add(line)));
  }, 50);
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8');
    if (typed || !/asks: .*password/i.test(shown)) return;
    typed = true;
    child.stdin.write(`${user.password}\r`);
  });
  const exit = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watching);
  expect({ exit, shown }).toMatchObject({ exit: 0 });
  expect(typed).toBe(true);
  expect(shown).toContain('and logs in');
  expect(shown).not.toContain(user.password);
  expect([...seen].some((line) => line.startsWith('ssh\0'))).toBe(true);
  expect([...seen].filter((line) => line.includes(user.password))).toEqual([]);
  const { stdout: found } = await run('grep', ['-rlaF', '--', user.password, directory]).catch(() => ({ stdout: '' }));
  expect(found).toBe('');
  expect(await readdir(path('state')).then((names) => names.filter((name) => name.startsWith('askpass')))).toEqual([]);
});
