import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runRsync } from '../../../src/activities/mirror/rsync-process.js';
import type { SshSettings } from '../../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../../src/demo/loopback-host.js';
import { Places } from '../../../src/providers/remote/places.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { type ConnectionLimits, SshConnections } from '../../../src/providers/remote/ssh-connections.js';
import { remoteShell, SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { runToEnd } from '../../support/script-runs.js';
import { commandLines, sshClients } from '../../support/ssh-clients.js';

/** How many sessions and logins there are at a time, and what is said when a shared login breaks: against real sshds. */

let directory: string;
let configs: SshConfigFiles;
let host: LoopbackHost;
const hosts: LoopbackHost[] = [];
const opened: SshConnections[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  configs = new SshConfigFiles(join(directory, 'runtime'), []);
  host = await anotherHost('alpha');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await Promise.all(hosts.map((each) => each.stop()));
  await rm(directory, { recursive: true });
});

async function anotherHost(name: string, sshdOptions: readonly string[] = []): Promise<LoopbackHost> {
  await mkdir(join(directory, name));
  const another = await startLoopbackHost({ name, directory: join(directory, name), sshdOptions });
  hosts.push(another);
  return another;
}

function open(limits?: ConnectionLimits): SshConnections {
  const connections = new SshConnections(limits);
  opened.push(connections);
  return connections;
}

function runnerTo(target: LoopbackHost, connections: SshConnections, ssh: Partial<SshSettings> = {}): SshRunner {
  const plan = target.plan([]);
  return new SshRunner({ ...plan, ssh: { ...plan.ssh, ...ssh } }, configs, connections);
}

const logins = async (target: LoopbackHost): Promise<number> =>
  (await readFile(target.logFile, 'utf8')).split('Accepted publickey').length - 1;

const masters = async (): Promise<number[]> => {
  const own = new Set(await sshClients());
  return (await commandLines()).filter(([pid, line]) => own.has(pid) && line.includes('\0-M\0')).map(([pid]) => pid);
};

/** How many of these ran at a time: each notes its beginning and its end on the host. */
async function mostAtOnce(journal: string): Promise<number> {
  const steps = (await readFile(journal, 'utf8')).trim().split('\n');
  let now = 0;
  return Math.max(...steps.map((step) => (now += step === 'begin' ? 1 : -1)));
}

const noted = (journal: string): string => `echo begin >>'${journal}'; sleep 0.3; echo end >>'${journal}'`;

test('a host has no more sessions and logins than it was given; the others wait for their turn, and all are run', async () => {
  const before = await logins(host);
  const runner = runnerTo(host, open(), { maxSessions: 2, maxLogins: 1 });
  const journal = join(directory, 'journal');
  const runs = await Promise.all(Array.from({ length: 7 }, () => runToEnd(runner, { body: noted(journal) })));
  expect(runs.map(({ status }) => status)).toEqual(Array(7).fill(0));
  expect(await mostAtOnce(journal)).toBe(2);
  expect((await logins(host)) - before).toBe(1);
});

test('a step that is cancelled while it waits for its turn is over at once, and takes nobody’s turn', async () => {
  const runner = runnerTo(host, open(), { maxSessions: 1, maxLogins: 1 });
  const first = runToEnd(runner, { body: 'sleep 1' });
  const abort = new AbortController();
  const second = runToEnd(runner, { body: 'true', signal: abort.signal });
  const third = runToEnd(runner, { body: 'true' });
  abort.abort();
  await expect(second).rejects.toMatchObject({ type: 'Cancelled' });
  expect((await Promise.all([first, third])).map(({ status }) => status)).toEqual([0, 0]);
});

test('those who wait are told when the connections are closed', async () => {
  const connections = open();
  const runner = runnerTo(host, connections, { maxSessions: 1, maxLogins: 1 });
  const running = runToEnd(runner, { body: 'sleep 60' }).catch((error: unknown) => error);
  const waiting = runToEnd(runner, { body: 'true' }).catch((error: unknown) => error);
  while ((await masters()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await connections.close();
  expect(await waiting).toMatchObject({
    type: 'HostUnreachable',
    message: expect.stringContaining('worker stops') as unknown,
  });
  expect(await running).toMatchObject({ name: 'HoldfastError' });
});

test('a worker has no more logins than it was given: one that nobody uses makes room', async () => {
  const connections = open({ total: 1 });
  const other = await anotherHost('beta');
  for (const target of [host, other, host, other]) {
    expect((await runToEnd(runnerTo(target, connections), { body: 'true' })).status).toBe(0);
    expect((await masters()).length).toBeLessThanOrEqual(1);
  }
  const journal = join(directory, 'both');
  const both = [host, other].map((target) => runToEnd(runnerTo(target, connections), { body: noted(journal) }));
  await Promise.all(both);
  expect(await mostAtOnce(journal)).toBe(1);
});

test('logins at one sshd are spread, also when it has several names: none is dropped although it takes six at once', async () => {
  const narrow = await anotherHost('narrow', ['MaxStartups 6:100:6']);
  const connections = open();
  // Settings of their own make each a host of its own.
  const runs = Array.from({ length: 24 }, (_, place) =>
    runToEnd(runnerTo(narrow, connections, { connectTimeoutSeconds: 20 + place }), { body: 'true' }),
  );
  expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(Array(24).fill(0));
  expect(await readFile(narrow.logFile, 'utf8')).not.toMatch(/MaxStartups|past Maxstartups|drop connection/i);
  expect(await logins(narrow)).toBe(24);
});

test('logins that fail give their turn to the next', async () => {
  const connections = open();
  const runs = Array.from({ length: 12 }, (_, place) =>
    runToEnd(runnerTo(host, connections, { connectTimeoutSeconds: 50 + place, port: 1 }), { body: 'true' }),
  );
  for (const run of await Promise.allSettled(runs)) expect(run).toMatchObject({ reason: { type: 'HostUnreachable' } });
});

test('when a shared login is killed here, its sessions say so', async () => {
  const runner = runnerTo(host, open());
  const running = runToEnd(runner, { body: 'sleep 60' });
  while ((await masters()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await runToEnd(runner, { body: 'true' });
  for (const pid of await masters()) process.kill(pid, 'SIGKILL');
  await expect(running).rejects.toMatchObject({
    type: 'TransferInterrupted',
    message: expect.stringContaining('the ssh process of the connection was ended by SIGKILL') as unknown,
  });
});

test('when a shared login is ended by the host, its sessions and its rsync say what ssh said', async () => {
  const connections = open();
  const runner = runnerTo(host, connections);
  let pid = 0;
  const body =
    'p=$$; while read -r _ _ _ p _ </proc/$p/stat && ! grep -q ^sshd /proc/$p/comm; do :; done; echo $p >&2; sleep 60';
  const running = runToEnd(runner, { body, onStderrLine: (line) => (pid = Number(line)) });
  const shell = await remoteShell(host.plan([]), configs, connections);
  await new Promise<void>((resolve) => {
    const look = (): void => void (pid > 0 ? resolve() : setTimeout(look, 20));
    look();
  });
  process.kill(pid, 'SIGKILL');
  await expect(running).rejects.toMatchObject({
    type: 'TransferInterrupted',
    message: expect.stringMatching(/the connection broke: .*(closed by remote host|Broken pipe|reset)/i) as unknown,
  });
  expect(await shell.brokenBecause()).toMatch(/^the connection broke: /);
  shell.release();
});

test('a login that stands is not blamed for what a session did', async () => {
  const connections = open();
  const shell = await remoteShell(host.plan([]), configs, connections);
  const ignore = (): void => undefined;
  const words = [
    `--rsh=${shell.rsh}`,
    '--rsync-path=exit 3; rsync',
    '--',
    `${shell.address}:/nowhere/`,
    `${directory}/copy/`,
  ];
  const { exitCode } = await runRsync({
    words,
    signal: new AbortController().signal,
    onOutput: ignore,
    onError: ignore,
  });
  expect(exitCode).not.toBe(0);
  expect(await shell.brokenBecause()).toBeUndefined();
  shell.release();
});

test('places are given in order, once each, and wishes may be taken back', () => {
  const places = new Places(2);
  const entered: string[] = [];
  const [a, , c, d] = ['a', 'b', 'c', 'd'].map((name) => places.take(() => entered.push(name)));
  expect([entered, places.isFull]).toEqual([['a', 'b'], true]);
  c?.();
  a?.();
  a?.();
  expect(entered).toEqual(['a', 'b', 'd']);
  d?.();
  expect(places.isFull).toBe(false);
});
