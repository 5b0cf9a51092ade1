import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivityControl, Providers } from '../../../src/activities/activity-control.js';
import { verifyHost } from '../../../src/activities/hosts/verify-host.js';
import type { HostCheck } from '../../../src/core/hosts/checks.js';
import type { HostPlan, SourcePlan } from '../../../src/core/plan.js';
import { startLoopbackHost, type LoopbackHost } from '../../../src/demo/loopback-host.js';
import type { Network, PingAnswer } from '../../../src/providers/network/network.js';
import { SystemNetwork } from '../../../src/providers/network/system-network.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { sshRoute } from '../../../src/providers/remote/ssh-route.js';
import { SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { scriptPlan, sourcePlan } from '../../support/plans.js';
import { providersWith } from '../../support/providers.js';
import { makeTestUser, type TestUser } from '../../support/test-user.js';

let directory: string;
let host: LoopbackHost;
let user: TestUser;
const path = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-verify-'));
  user = await makeTestUser(directory);
  for (const name of ['backup', 'source', 'alpha']) await mkdir(path(name));
  await writeFile(join(path('source'), 'file'), 'x');
  host = await startLoopbackHost({ name: 'alpha', directory: path('alpha') });
});

afterAll(async () => {
  await host.stop();
  await user.remove();
  await rm(directory, { recursive: true });
});

const control = (signal = new AbortController().signal): ActivityControl => ({
  signal,
  attempt: 1,
  attemptToken: 'a',
  progress: () => undefined,
  log: () => undefined,
});

function providers(pinged?: PingAnswer, includes: readonly string[] = []): Providers {
  const configs = new SshConfigFiles(path('runtime'), includes);
  const network: Network = new SystemNetwork();
  if (pinged !== undefined) network.ping = async () => pinged;
  return providersWith({
    runnerFor: (plan) => new SshRunner(plan, configs),
    sshRouteFor: (plan, signal) => sshRoute(plan, configs, signal),
    network,
  });
}

const source = (news: Partial<SourcePlan> = {}): SourcePlan =>
  sourcePlan({
    name: 'data',
    path: path('source'),
    engine: 'archive',
    destination: { name: 'vault', type: 'local', path: path('backup') },
    ...news,
  });

const plan = (ssh: Partial<HostPlan['ssh']> = {}, sources = [source()]): HostPlan => {
  const base = host.plan(sources);
  return { ...base, ssh: { ...base.ssh, ...ssh } };
};

interface Seen {
  readonly address: string;
  readonly checks: readonly HostCheck[];
  /** `SSH: ok`, in order. */
  readonly states: Readonly<Record<string, string>>;
  readonly of: (name: string) => HostCheck | undefined;
}

async function verify(target: HostPlan, pinged?: PingAnswer, includes: readonly string[] = []): Promise<Seen> {
  const { address, checks } = await verifyHost(providers(pinged, includes), control(), { host: target });
  const nameOf = ({ check, subject }: HostCheck): string => (subject === undefined ? check : `${check} ${subject}`);
  const states = Object.fromEntries(checks.map((check) => [nameOf(check), check.state]));
  return { address, checks, states, of: (name) => checks.find((check) => nameOf(check) === name) };
}

/** After the first failed check, nothing of the login is claimed. */
function expectNothingAfter(checks: readonly HostCheck[], failedCheck: string): void {
  const login = checks.filter(({ check }) => check !== 'script' && check !== 'destination');
  const at = login.findIndex(({ check }) => check === failedCheck);
  expect(login[at]?.state).toBe('failed');
  expect(login[at]?.action).toBeTruthy();
  expect(login.slice(at + 1).map(({ state }) => state)).toEqual(login.slice(at + 1).map(() => 'not checked'));
}

test('a host that is as it should be passes every check, with what was seen', async () => {
  const { states, of, address } = await verify(
    { ...plan(), ignorePing: false },
    { kind: 'answered', milliseconds: 0.3 },
  );
  expect(states).toEqual({
    configuration: 'ok',
    name: 'ok',
    ping: 'ok',
    port: 'ok',
    SSH: 'ok',
    'host key': 'ok',
    login: 'ok',
    shell: 'ok',
    clock: 'ok',
    tools: 'ok',
    'temporary space': 'ok',
    'path data': 'ok',
    'destination vault': expect.stringMatching(/ok|warning/) as string,
  });
  expect(address).toBe(`${host.user}@127.0.0.1:${host.port}`);
  expect(of('SSH')?.seen).toMatch(/^SSH-2\.0-OpenSSH/);
  expect(of('tools')?.seen).toMatch(/rsync \d.*tar \d.*find \d.*sort \d.*zstd \d/);
  expect(of('path data')?.seen).toContain(`${path('source')} is readable, on /`);
});

describe('ping', () => {
  test.each([
    [{ kind: 'silent' }, 'warning', /did not answer/],
    [{ kind: 'unable', why: 'this machine has no ping' }, 'not checked', /no ping/],
  ] as const)('%j is no failure of a host whose port answers', async (answer, state, seen) => {
    const verified = await verify({ ...plan(), ignorePing: false }, answer);
    expect(verified.of('ping')).toMatchObject({ state, seen: expect.stringMatching(seen) as string });
    expect(verified.of('login')?.state).toBe('ok');
  });

  test('is a real one, and is not sent when the configuration says so', async () => {
    const sent = await new SystemNetwork().ping('127.0.0.1', new AbortController().signal);
    expect(sent).toMatchObject({ kind: 'answered' });
    expect((await verify(plan())).of('ping')).toMatchObject({ state: 'not checked', seen: 'ignore_ping is set' });
  });
});

describe('a host that is not reached', () => {
  test('by its name fails there, and nothing else of the login is claimed', async () => {
    const { checks, of } = await verify(plan({ hostname: 'no-such-host.invalid' }));
    expectNothingAfter(checks, 'name');
    expect(of('destination vault')?.state).not.toBe('not checked');
  });

  test('because nobody listens fails at the port', async () => {
    const { checks, of } = await verify(plan({ port: 1 }));
    expectNothingAfter(checks, 'port');
    expect(of('port')?.seen).toContain('ECONNREFUSED');
  });

  const listen = (onConnect: (write: (text: string) => void) => void): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        onConnect((text) => socket.write(text));
      });
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  test.each([
    ['says something else', 'HTTP/1.0 400 \u001b[31mBad\u0007\r\n\r\n'.repeat(1000), /HTTP\/1\.0 400 \\x1b\[31mBad/],
    ['says nothing', '', /no answer within 1 s/],
  ])('because what listens %s fails at SSH, shown harmlessly', async (_what, text, seen) => {
    const server = await listen((write) => write(text));
    try {
      const { checks, of } = await verify(plan({ port: portOf(server), connectTimeoutSeconds: 1 }));
      expectNothingAfter(checks, 'SSH');
      expect(of('SSH')?.seen).toMatch(seen);
      expect(of('SSH')?.seen.length).toBeLessThan(400);
    } finally {
      server.close();
    }
  });
});

describe('a login that fails', () => {
  test('at a key that nobody recorded', async () => {
    const { checks, of } = await verify(plan({ options: { UserKnownHostsFile: '/dev/null' } }));
    expectNothingAfter(checks, 'host key');
    expect(of('host key')).toMatchObject({
      type: 'HostKeyUnknown',
      action: expect.stringContaining('hosts trust') as string,
    });
  });

  test('at a key that has changed', async () => {
    await mkdir(path('other'));
    const other = await startLoopbackHost({ name: 'other', directory: path('other') });
    try {
      const [, ...key] = (await readFile(other.knownHostsFile, 'utf8')).split(' ');
      await writeFile(path('changed'), `[127.0.0.1]:${host.port} ${key.join(' ')}`);
      const { checks, of } = await verify(plan({ options: { UserKnownHostsFile: path('changed') } }));
      expectNothingAfter(checks, 'host key');
      expect(of('host key')?.type).toBe('HostKeyChanged');
    } finally {
      await other.stop();
    }
  });

  test('at a user whom the key does not let in: the host’s key was right', async () => {
    const { checks, of } = await verify(plan({ user: 'nobody-of-that-name' }));
    expect(of('host key')?.state).toBe('ok');
    expectNothingAfter(checks, 'login');
    expect(of('login')).toMatchObject({
      type: 'HostAuthFailed',
      action: expect.stringContaining('install-key') as string,
    });
  });

  test.each([
    ['prints a greeting', 'echo welcome; eval "$SSH_ORIGINAL_COMMAND"', 'HostShellPrintsText'],
    ['runs nothing', 'echo no shell here >&2; exit 1', 'RemoteCommandFailed'],
  ])('at a shell that %s', async (what, command, type) => {
    const folder = path(what.replaceAll(' ', '-'));
    await mkdir(folder);
    const odd = await startLoopbackHost({ name: 'odd', directory: folder, sshdOptions: [`ForceCommand ${command}`] });
    try {
      const { checks, of } = await verify(odd.plan([source()]));
      expect(of('login')?.state).toBe('ok');
      expectNothingAfter(checks, 'shell');
      expect(of('shell')?.type).toBe(type);
    } finally {
      await odd.stop();
    }
  });

  test('through a jump host says nothing of name, port and SSH; the login proves the rest, or names the jump host', async () => {
    const gate = { ...plan(), ssh: { ...plan().ssh, proxyJump: `${host.user}@localhost:${host.port}` } };
    // A jump host has the settings of the user's own ssh configuration. ssh takes itself for a loop: it goes by another name.
    const known = await readFile(host.knownHostsFile, 'utf8');
    await writeFile(path('gates'), known.replace('127.0.0.1', 'localhost'));
    await writeFile(path('user-config'), `IdentityFile ${host.identityFile}\nUserKnownHostsFile ${path('gates')}\n`);
    const there = await verify(gate, undefined, [path('user-config')]);
    const unseen = { name: 'not checked', ping: 'not checked', port: 'not checked', SSH: 'not checked' };
    expect(there.states).toMatchObject({ ...unseen, 'host key': 'ok', login: 'ok', 'path data': 'ok' });
    expect(there.of('port')?.seen).toContain(`through ${host.user}@localhost:${host.port}`);
    const away = await verify({ ...gate, ssh: { ...gate.ssh, proxyJump: '127.0.0.1:1' } });
    expect(away.states).toMatchObject({ ...unseen, 'host key': 'not checked' });
    expectNothingAfter(away.checks, 'login');
    expect(away.of('login')?.type).toBe('HostUnreachable');
  });
});

describe('what a host lacks', () => {
  test('tools are named with the package, and the rest is looked at all the same', async () => {
    const bin = path('bin');
    await mkdir(bin);
    for (const tool of [
      'head',
      'setsid',
      'env',
      'sh',
      'cat',
      'date',
      'ls',
      'df',
      'grep',
      'sleep',
      'wc',
      'rm',
      'mktemp',
    ])
      await symlink(`/usr/bin/${tool}`, join(bin, tool));
    await writeFile(join(bin, 'tar'), '#!/bin/sh\nprintf "bsdtar \\033[2J3.7.2\\n"\n', { mode: 0o755 });
    await mkdir(path('poor'));
    const poor = await startLoopbackHost({
      name: 'poor',
      directory: path('poor'),
      sshdOptions: [`ForceCommand PATH=${bin}; eval "$SSH_ORIGINAL_COMMAND"`],
    });
    try {
      // The wrapper looks in /usr/sbin too, which is no place for these tools here.
      const { of } = await verify(poor.plan([source(), source({ name: 'www', engine: 'mirror' })]));
      expect(of('tools')).toMatchObject({ state: 'failed', type: 'ToolMissing' });
      expect(of('tools')?.seen).toMatch(/tar is not the GNU one.*find is not installed.*rsync is not installed/);
      expect(of('tools')?.seen).not.toMatch(/[\u0000-\u001f]/);
      expect(of('tools')?.action).toMatch(/^Install on the host: rsync tar findutils coreutils/);
      expect(of('path data')?.state).toBe('ok');
      expect(of('path data')?.seen).toContain('without GNU find');
    } finally {
      await poor.stop();
    }
  });
});

describe('paths, as the login user may read them', () => {
  let asUser: LoopbackHost;
  beforeAll(async () => {
    await mkdir(path('user-host'));
    asUser = await startLoopbackHost({ name: 'user-host', directory: path('user-host') });
    await chmod(path('user-host'), 0o755);
    await chmod(join(path('user-host'), 'authorized_keys'), 0o644);
  });
  afterAll(() => asUser.stop());

  test('missing, a file, unreadable, empty, partly unreadable, with a hostile name', async () => {
    const odd = path(`it's $(cd; touch pwned) "odd"`);
    await mkdir(odd);
    await writeFile(join(odd, 'x'), '');
    await mkdir(path('closed'), { mode: 0o700 });
    await mkdir(path('empty'));
    await mkdir(path('partly'));
    await writeFile(join(path('partly'), 'mine'), '', { mode: 0o600 });
    await mkdir(join(path('partly'), 'own'), { mode: 0o700 });
    await writeFile(join(path('partly'), 'all'), '', { mode: 0o644 });
    const sources = {
      odd,
      closed: path('closed'),
      empty: path('empty'),
      partly: path('partly'),
      gone: path('gone'),
      file: join(path('source'), 'file'),
    };
    const base = asUser.plan(Object.entries(sources).map(([name, at]) => source({ name, path: at })));
    const { states, of } = await verify({ ...base, ssh: { ...base.ssh, user: user.name } });
    expect(states).toMatchObject({
      'path odd': 'ok',
      'path closed': 'failed',
      'path empty': 'warning',
      'path partly': 'warning',
      'path gone': 'failed',
      'path file': 'failed',
    });
    expect(of('path closed')?.type).toBe('SourceUnreadable');
    expect(of('path partly')?.seen).toContain('may not read 2 of the entries');
    expect(of('path gone')?.type).toBe('SourceMissing');
    expect(of('path file')?.type).toBe('SourceNotDirectory');
    await expect(chmod(join(user.home, 'pwned'), 0o600)).rejects.toThrow(/ENOENT/);
  });

  test('by sudo: its refusal fails there, and what it may read is ok although the user may not', async () => {
    const bin = path('sudo-bin');
    await mkdir(bin, { mode: 0o755 });
    // As sudo does with a rule for rsync alone; a real one needs an entry in this machine's sudoers.
    await writeFile(join(bin, 'sudo'), '#!/bin/sh\n[ -e /tmp/never ] && exit 1\nexec "$@"\n', { mode: 0o755 });
    await writeFile(join(bin, 'doas'), '#!/bin/sh\necho "doas: a password is required" >&2\nexit 1\n', { mode: 0o755 });
    const mirror = (name: string, program: string, at: string): SourcePlan =>
      source({ name, engine: 'mirror', path: at, rsyncPath: `${join(bin, program)} rsync` });
    const { of } = await verify(
      plan({}, [mirror('good', 'sudo', path('source')), mirror('none', 'sudo', path('gone'))]),
    );
    expect(of('sudo')).toMatchObject({ state: 'ok' });
    expect(of('path good')).toMatchObject({ state: 'ok', seen: expect.stringContaining('by sudo') as string });
    expect(of('path none')?.type).toBe('SourceMissing');
    const refused = await verify(plan({}, [mirror('good', 'doas', path('source'))]));
    expect(refused.of('sudo')).toMatchObject({
      state: 'failed',
      action: expect.stringContaining('NOPASSWD') as string,
    });
    expect(refused.of('sudo')?.seen).toContain('a password is required');
  });
});

describe('scripts', () => {
  test('are found on the worker, and what runs them where they run', async () => {
    await mkdir(path('scripts'));
    const put = (name: string, text: string) => writeFile(join(path('scripts'), name), text);
    await put('good.sh', '#!/bin/sh\ntrue\n');
    await put('odd', '#!/no/such/interpreter\n');
    const script = (name: string, runOn: 'host' | 'worker') => ({
      ...scriptPlan(name),
      scriptsDir: path('scripts'),
      runOn,
    });
    const sources = [
      source({ name: 'a', preScript: script('good', 'host'), postScript: script('good', 'worker') }),
      source({ name: 'b', preScript: script('odd', 'host'), postScript: script('odd', 'worker') }),
      source({ name: 'c', preScript: script('absent', 'host') }),
    ];
    const { states, of } = await verify(plan({}, sources));
    expect(states).toMatchObject({
      'script a: pre_script good': 'ok',
      'script a: post_script good': 'ok',
      'script b: pre_script odd': 'failed',
      'script b: post_script odd': 'failed',
      'script c: pre_script absent': 'failed',
    });
    expect(of('script c: pre_script absent')?.type).toBe('HookNotFound');
    const away = await verify(plan({ port: 1 }, sources));
    expect(away.of('script a: pre_script good')?.state).toBe('not checked');
    expect(away.of('script a: post_script good')?.state).toBe('ok');
  });
});

test('destinations: a missing one fails, a bucket is not checked', async () => {
  const bucket = { name: 'offsite', type: 's3', bucket: 'b', prefix: '', pathStyle: false } as const;
  const gone = { name: 'gone', type: 'local', path: path('no-such-directory') } as const;
  const { of } = await verify(plan({}, [source({ destination: gone }), source({ name: 'b', destination: bucket })]));
  expect(of('destination gone')).toMatchObject({ state: 'failed', type: 'DestinationNotFound' });
  expect(of('destination offsite')?.state).toBe('not checked');
});

test('settings that ssh does not take fail before anything is sent', async () => {
  const { checks, address } = await verify(plan({ options: { Ciphers: 'no-such-cipher' } }));
  expectNothingAfter(checks, 'configuration');
  expect(address).toBe('');
});

test('cancelled it throws, and is no verdict on the host', async () => {
  await expect(verifyHost(providers(), control(AbortSignal.abort()), { host: plan() })).rejects.toThrow();
});
