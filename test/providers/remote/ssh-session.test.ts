import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshSettings } from '../../../src/core/plan.js';
import { freePort } from '../../../src/demo/loopback-port.js';
import { startLoopbackHost } from '../../../src/demo/loopback-host.js';
import type { LoopbackHost } from '../../../src/demo/loopback-host.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { remoteShell, SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { commandLines, sshClients } from '../../support/ssh-clients.js';
import { processGone, runToEnd } from '../../support/script-runs.js';

const containing = (text: string): unknown => expect.stringContaining(text);

/** What only a connection can get wrong, against a real sshd. */

let directory: string;
let host: LoopbackHost;
const extraHosts: LoopbackHost[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  host = await startLoopbackHost({ name: 'alpha', directory });
});

afterAll(async () => {
  await Promise.all([host, ...extraHosts].map((each) => each.stop()));
  await rm(directory, { recursive: true });
});

async function anotherHost(name: string, sshdOptions: readonly string[] = []): Promise<LoopbackHost> {
  const own = join(directory, name);
  await mkdir(own);
  const another = await startLoopbackHost({ name, directory: own, sshdOptions });
  extraHosts.push(another);
  return another;
}

function runnerTo(target: LoopbackHost, ssh: Partial<SshSettings> = {}, includes: readonly string[] = []): SshRunner {
  const plan = target.plan([]);
  return new SshRunner(
    { ...plan, ssh: { ...plan.ssh, ...ssh } },
    new SshConfigFiles(join(directory, 'runtime'), includes),
  );
}

const knownHosts = (path: string): Partial<SshSettings> => ({ options: { UserKnownHostsFile: path } });

describe('a login', () => {
  test('to a host whose key is not known is refused', async () => {
    const finished = runToEnd(runnerTo(host, knownHosts('/dev/null')), { body: 'true' });
    await expect(finished).rejects.toMatchObject({ type: 'HostKeyUnknown', place: { host: 'alpha' } });
  });

  test('to a host whose key has changed is refused, whatever the plan’s options or the user’s configuration say', async () => {
    const key = (await readFile(join(directory, 'client_key.pub'), 'utf8')).trim();
    const path = join(directory, 'changed_hosts');
    await writeFile(path, `[127.0.0.1]:${host.port} ${key}\n`);
    const config = join(directory, 'careless_config');
    await writeFile(config, 'Host *\n  StrictHostKeyChecking no\n', { mode: 0o600 });
    const options = { UserKnownHostsFile: path, StrictHostKeyChecking: 'no' };
    const finished = runToEnd(runnerTo(host, { options }, [config]), { body: 'true' });
    await expect(finished).rejects.toMatchObject({ type: 'HostKeyChanged', message: containing('alpha') });
  });

  test('with a key that the host does not know fails as one', async () => {
    const other = await anotherHost('other-keys');
    const finished = runToEnd(runnerTo(host, { identityFile: other.identityFile }), { body: 'true' });
    await expect(finished).rejects.toMatchObject({
      type: 'HostAuthFailed',
      message: containing('Permission denied'),
    });
  });

  test('with a key file that others may read fails and says so', async () => {
    const path = join(directory, 'open key');
    await copyFile(host.identityFile, path);
    await chmod(path, 0o644);
    const finished = runToEnd(runnerTo(host, { identityFile: path }), { body: 'true' });
    await expect(finished).rejects.toMatchObject({ type: 'HostAuthFailed', message: containing('0644') });
    await chmod(path, 0o600);
    expect((await runToEnd(runnerTo(host, { identityFile: path }), { body: 'true' })).status).toBe(0);
  });

  test('to a closed port, and to a name that does not exist, finds the host unreachable', async () => {
    const closed = runToEnd(runnerTo(host, { port: await freePort() }), { body: 'true' });
    await expect(closed).rejects.toMatchObject({
      type: 'HostUnreachable',
      message: containing('refused'),
    });
    const nameless = runToEnd(runnerTo(host, { hostname: 'no-such-host.invalid' }), { body: 'true' });
    await expect(nameless).rejects.toMatchObject({ type: 'HostUnreachable' });
  });

  test('dropped by sshd because of too many at once is one to try again', async () => {
    const full = await anotherHost('full', ['MaxStartups 1:100:1']);
    const runs = Array.from({ length: 12 }, () => runToEnd(runnerTo(full), { body: 'true' }));
    const failures = (await Promise.allSettled(runs)).filter((run) => run.status === 'rejected');
    expect(failures.length).toBeGreaterThan(0);
    for (const { reason } of failures) expect(reason).toMatchObject({ type: 'HostUnreachable' });
  });

  test('to an account without a shell fails with the host’s words', async () => {
    const closed = await anotherHost('no-shell', ['ForceCommand echo "This account is closed."; exit 1']);
    const finished = runToEnd(runnerTo(closed), { body: 'true' });
    await expect(finished).rejects.toMatchObject({
      type: 'RemoteCommandFailed',
      message: containing('This account is closed.'),
    });
  });

  test('goes by way of a jump host that only the user’s configuration knows', async () => {
    const jump = await anotherHost('jump');
    const config = join(directory, 'user_config');
    const lines = ['Host way-in', '  HostName 127.0.0.1', `  Port ${jump.port}`, `  IdentityFile ${jump.identityFile}`];
    await writeFile(config, [...lines, `  UserKnownHostsFile ${jump.knownHostsFile}`, ''].join('\n'), { mode: 0o600 });
    const { stdout } = await runToEnd(runnerTo(host, { proxyJump: 'way-in' }, [config]), { body: 'echo there' });
    expect(stdout.toString()).toBe('there\n');
    expect(await readFile(jump.logFile, 'utf8')).toContain('Accepted publickey');
  });

  test('by the host’s name alone takes what the user’s configuration says of it', async () => {
    const config = join(directory, 'alias_config');
    const lines = ['Host alpha', '  HostName 127.0.0.1', `  Port ${host.port}`, `  IdentityFile ${host.identityFile}`];
    await writeFile(config, [...lines, ''].join('\n'), { mode: 0o600 });
    const ssh = { options: { UserKnownHostsFile: host.knownHostsFile }, connectTimeoutSeconds: 15 };
    const configs = new SshConfigFiles(join(directory, 'runtime'), [config]);
    const runner = new SshRunner({ ...host.plan([]), ssh }, configs);
    expect((await runToEnd(runner, { body: 'true' })).status).toBe(0);
  });
});

describe('a login shell that prints text', () => {
  let noisy: LoopbackHost;
  beforeAll(async () => {
    noisy = await anotherHost('noisy', [`ForceCommand echo "Welcome back"; eval "$SSH_ORIGINAL_COMMAND"`]);
  });

  test('is told by what comes before the output', async () => {
    await expect(runToEnd(runnerTo(noisy), { body: 'echo data' })).rejects.toMatchObject({
      type: 'HostShellPrintsText',
      message: containing('Welcome back'),
    });
  });

  test('is found out before the body writes to a file', async () => {
    const path = join(directory, 'noisy output');
    const file = await open(path, 'wx');
    const finished = runToEnd(runnerTo(noisy), { body: 'echo data', stdout: { fd: file.fd } });
    await expect(finished).rejects.toMatchObject({ type: 'HostShellPrintsText' });
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('Welcome back\n');
  });
});

describe('a session', () => {
  test('runs under a login shell that is not POSIX’s own sh, with its options', async () => {
    const other = await anotherHost('bash', ['ForceCommand exec bash -euc "$SSH_ORIGINAL_COMMAND"']);
    const { stdout, status } = await runToEnd(runnerTo(other), { body: 'false; echo $-; exit 3' });
    expect([stdout.toString(), status]).toEqual(['\n', 3]);
  });

  test('takes nothing from variables of the host that are called like its own', async () => {
    const precious = join(directory, 'precious');
    await mkdir(precious);
    const names = ['top', 'body', 'watch', 'ender', 'HOLDFAST_LIST', 'HOLDFAST_SCRATCH'];
    const own = names.map((variable) => `export ${variable}=${precious}`).join('; ');
    const other = await anotherHost('variables', [`ForceCommand ${own}; eval "$SSH_ORIGINAL_COMMAND"`]);
    const { stdout, status } = await runToEnd(runnerTo(other), { body: 'env | grep precious' });
    expect([stdout.toString(), status]).toEqual(['', 1]);
    expect(await readdir(directory)).toContain('precious');
  });

  test.each(['held', 'pipe'] as const)(
    'whose ssh is killed with SIGKILL is interrupted; on the host its group dies (input: %s)',
    async (input) => {
      const running = runnerTo(host).start({
        what: 'wait',
        body: 'sleep 1000 & echo $$ $!; wait',
        stdout: 'pipe',
        ...(input === 'pipe' ? { stdin: 'pipe' as const } : {}),
        signal: new AbortController().signal,
      });
      const [chunk] = (await once(running.stdout as Readable, 'data')) as [Buffer];
      const outputFails = expect(once(running.stdout as Readable, 'end')).rejects.toMatchObject({
        type: 'TransferInterrupted',
      });
      for (const pid of await sshClients()) process.kill(pid, 'SIGKILL');
      await expect(running.finished).rejects.toMatchObject({ type: 'TransferInterrupted' });
      await outputFails;
      await Promise.all(chunk.toString().trim().split(' ').map(Number).map(processGone));
    },
  );

  test('whose host goes down in mid-output is interrupted, and its output fails instead of ending', async () => {
    const doomed = await anotherHost('doomed');
    const running = runnerTo(doomed).start({
      what: 'print',
      body: 'exec cat /dev/zero',
      stdout: 'pipe',
      signal: new AbortController().signal,
    });
    await once(running.stdout as Readable, 'data');
    running.stdout?.resume();
    const outputFails = expect(once(running.stdout as Readable, 'end')).rejects.toMatchObject({
      type: 'TransferInterrupted',
    });
    await doomed.stop();
    await outputFails;
    await expect(running.finished).rejects.toMatchObject({ type: 'TransferInterrupted' });
  });

  test('puts neither its script nor its variables into any command line', async () => {
    const secret = randomBytes(8).toString('hex');
    const running = runnerTo(host).start({
      what: 'wait',
      body: `echo ready; : ${secret}; sleep 1000`,
      stdout: 'pipe',
      environment: { VALUE: secret },
      signal: AbortSignal.timeout(60_000),
    });
    await once(running.stdout as Readable, 'data');
    expect((await commandLines()).filter(([, line]) => line.includes(secret))).toEqual([]);
    running.stdout?.destroy();
    await expect(running.finished).rejects.toMatchObject({ type: 'Cancelled' });
  });

  test('of rsync has the same settings', async () => {
    const configs = new SshConfigFiles(join(directory, 'runtime'), []);
    const { rsh, address } = await remoteShell(host.plan([]), configs);
    expect(address).toBe('127.0.0.1');
    // rsync has no HOME, but what the user's ssh configuration runs may need one.
    expect(rsh).toMatch(new RegExp(`^env HOME=${process.env['HOME']} ssh -F \\S+$`));
    expect(await readFile(rsh.replace(/^.* -F /, ''), 'utf8')).toContain('StrictHostKeyChecking yes');
    const numeric = { ...host.plan([]), ssh: { ...host.plan([]).ssh, hostname: '::1' } };
    expect((await remoteShell(numeric, configs)).address).toBe('[::1]');
  });
});
