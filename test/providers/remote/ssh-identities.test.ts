import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { runRsync } from '../../../src/activities/mirror/rsync-process.js';
import type { HostPlan, SshSettings } from '../../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../../src/demo/loopback-host.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { SshConnections } from '../../../src/providers/remote/ssh-connections.js';
import { remoteShell, SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { runToEnd } from '../../support/script-runs.js';

/** Who logs in and who is logged into: agents, certificates of users and hosts, jump hosts, as ssh itself knows them. */

let directory: string;
let userCa: string;
let hostCa: string;
let target: LoopbackHost;
let jump: LoopbackHost;
let connections: SshConnections;

const keygen = (...words: string[]): void => void execFileSync('ssh-keygen', ['-q', ...words], { stdio: 'pipe' });

function makeKey(name: string): string {
  const path = join(directory, name);
  keygen('-t', 'ed25519', '-N', '', '-C', name, '-f', path);
  return path;
}

/** Signs a user's key; `validity` as ssh-keygen takes it. */
const signUser = (key: string, principal: string, validity: string): void =>
  keygen('-s', userCa, '-I', 'test', '-n', principal, '-V', validity, `${key}.pub`);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  userCa = makeKey('user_ca');
  hostCa = makeKey('host_ca');
  target = await certifiedHost('target', '+1h');
  mkdirSync(join(directory, 'jump'));
  jump = await startLoopbackHost({
    name: 'jump',
    directory: join(directory, 'jump'),
    sshdOptions: ['AllowTcpForwarding yes'],
  });
  connections = new SshConnections();
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await connections.close();
  await Promise.all([target, jump].map((each) => each.stop()));
  rmSync(directory, { recursive: true });
});

/** A host whose own key is signed by the hosts' CA, and that lets in whom the users' CA has signed. */
async function certifiedHost(name: string, validity: string): Promise<LoopbackHost> {
  const folder = join(directory, name);
  mkdirSync(folder);
  const key = join(folder, 'host_key');
  keygen('-t', 'ed25519', '-N', '', '-f', key);
  keygen('-s', hostCa, '-I', name, '-h', '-n', '127.0.0.1', '-V', validity, `${key}.pub`);
  const sshdOptions = [`HostCertificate ${key}-cert.pub`, `TrustedUserCAKeys ${userCa}.pub`];
  return startLoopbackHost({ name, directory: folder, sshdOptions });
}

const planOf = (host: LoopbackHost, ssh: Partial<SshSettings>): HostPlan => {
  const plan = host.plan([]);
  return { ...plan, ssh: { ...plan.ssh, ...ssh } };
};

/** A script and an rsync: both must get in. */
async function getsIn(plan: HostPlan, includes: readonly string[] = []): Promise<void> {
  const configs = new SshConfigFiles(join(directory, 'runtime'), includes);
  expect((await runToEnd(new SshRunner(plan, configs, connections), { body: 'echo in' })).stdout.toString()).toBe(
    'in\n',
  );
  const shell = await remoteShell(plan, configs);
  const copy = join(directory, 'copy');
  rmSync(copy, { force: true });
  const ignore = (): void => undefined;
  const words = [`--rsh=${shell.rsh}`, '--', `${shell.address}:${userCa}.pub`, copy];
  const { exitCode } = await runRsync({
    words,
    signal: new AbortController().signal,
    onOutput: ignore,
    onError: ignore,
  });
  shell.release();
  expect(exitCode).toBe(0);
  expect(readFileSync(copy, 'utf8')).toBe(readFileSync(`${userCa}.pub`, 'utf8'));
}

const refused = (plan: HostPlan): Promise<unknown> =>
  runToEnd(new SshRunner(plan, new SshConfigFiles(join(directory, 'runtime'), []), connections), {
    body: 'true',
  }).catch((error: unknown) => error);

test('a key that only an agent has logs in', async () => {
  const socket = join(directory, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  try {
    while (!existsSync(socket)) await delay(20);
    const own = { user: target.user, options: { UserKnownHostsFile: target.knownHostsFile } };
    const { identityFile: _, ...ssh } = target.plan([]).ssh;
    const plan: HostPlan = {
      ...target.plan([]),
      ssh: { ...ssh, ...own, options: { ...own.options, IdentityAgent: 'SSH_AUTH_SOCK' } },
    };
    vi.stubEnv('SSH_AUTH_SOCK', socket);
    expect(await refused(plan)).toMatchObject({ type: 'HostAuthFailed' });
    execFileSync('ssh-add', ['-q', target.identityFile], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'pipe',
    });
    await getsIn(plan);
    await getsIn({ ...plan, ssh: { ...plan.ssh, options: own.options } });
  } finally {
    agent.kill();
    await once(agent, 'close');
  }
});

test('a key that the host does not know logs in with the certificate beside it, or where CertificateFile says', async () => {
  const key = makeKey('certified');
  expect(await refused(planOf(target, { identityFile: key }))).toMatchObject({ type: 'HostAuthFailed' });
  signUser(key, target.user, '+1h');
  await getsIn(planOf(target, { identityFile: key }));
  const elsewhere = join(directory, 'elsewhere-cert.pub');
  writeFileSync(elsewhere, readFileSync(`${key}-cert.pub`));
  rmSync(`${key}-cert.pub`);
  const options = { ...target.plan([]).ssh.options, CertificateFile: elsewhere };
  await getsIn(planOf(target, { identityFile: key, options }));
});

test.each([
  ['that has run out', '-2h:-1h', undefined],
  ['for somebody else', '+1h', 'somebody'],
])('a certificate %s is refused', async (_what, validity, principal) => {
  const key = makeKey(`bad${principal ?? ''}`);
  signUser(key, principal ?? target.user, validity);
  expect(await refused(planOf(target, { identityFile: key }))).toMatchObject({ type: 'HostAuthFailed' });
});

test('a host’s certificate is believed where its authority is known, and only for that', async () => {
  const known = join(directory, 'known_authorities');
  const authority = (key: string): string =>
    `@cert-authority [127.0.0.1]:${target.port} ${readFileSync(`${key}.pub`, 'utf8')}`;
  const plan = planOf(target, { options: { UserKnownHostsFile: known } });
  writeFileSync(known, authority(hostCa));
  await getsIn(plan);
  writeFileSync(known, authority(userCa));
  expect(
    await refused(planOf(target, { options: { UserKnownHostsFile: known }, connectTimeoutSeconds: 16 })),
  ).toMatchObject({
    type: 'HostKeyUnknown',
  });
  const late = await certifiedHost('late', '-2h:-1h');
  try {
    writeFileSync(known, `@cert-authority * ${readFileSync(`${hostCa}.pub`, 'utf8')}`);
    expect(await refused(planOf(late, { options: { UserKnownHostsFile: known } }))).toMatchObject({
      type: 'HostKeyUnknown',
    });
  } finally {
    await late.stop();
  }
});

test('the way through a jump host of the plan is taken, with the login that ssh’s own configuration has for it', async () => {
  const config = join(directory, 'user_config');
  const known = join(directory, 'jump_known');
  writeFileSync(known, readFileSync(jump.knownHostsFile, 'utf8') + readFileSync(target.knownHostsFile, 'utf8'));
  const gate = [`HostName 127.0.0.1`, `Port ${jump.port}`, `User ${jump.user}`, `IdentityFile ${jump.identityFile}`];
  writeFileSync(config, ['Host gate', ...gate, `UserKnownHostsFile ${known}`, ''].join('\n'));
  chmodSync(config, 0o600);
  const before = readFileSync(jump.logFile, 'utf8').split('Accepted publickey').length;
  await getsIn(planOf(target, { proxyJump: 'gate' }), [config]);
  expect(readFileSync(jump.logFile, 'utf8').split('Accepted publickey').length - before).toBeGreaterThanOrEqual(2);
});

test('keep-alives are what they are for every connection, jump hosts too, whatever the user’s configuration says', () => {
  const config = join(directory, 'lazy_config');
  writeFileSync(config, 'Host *\n  ServerAliveInterval 0\n  ServerAliveCountMax 99\n  TCPKeepAlive no\n', {
    mode: 0o600,
  });
  const file = new SshConfigFiles(join(directory, 'runtime'), [config]).fileFor(planOf(target, { proxyJump: 'gate' }));
  for (const address of ['127.0.0.1', 'gate']) {
    const said = execFileSync('ssh', ['-F', file, '-G', '--', address], { encoding: 'utf8' });
    expect(said).toMatch(/^serveraliveinterval 15$/m);
    expect(said).toMatch(/^serveralivecountmax 4$/m);
  }
});
