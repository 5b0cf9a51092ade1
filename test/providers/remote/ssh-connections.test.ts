import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runRsync } from '../../../src/activities/mirror/rsync-process.js';
import type { SshSettings } from '../../../src/core/plan.js';
import { startLoopbackHost } from '../../../src/demo/loopback-host.js';
import type { LoopbackHost } from '../../../src/demo/loopback-host.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { SshConnections } from '../../../src/providers/remote/ssh-connections.js';
import { remoteShell, SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { processGone, runToEnd } from '../../support/script-runs.js';
import { commandLines, sshClients } from '../../support/ssh-clients.js';

/** Sessions that share a login, against a real sshd. */

let directory: string;
let host: LoopbackHost;
let configs: SshConfigFiles;
const hosts: LoopbackHost[] = [];
const opened: SshConnections[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  configs = new SshConfigFiles(join(directory, 'runtime'), []);
  host = await anotherHost('alpha');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  expect(await sshClients()).toEqual([]);
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

function open(idleMs?: number): SshConnections {
  const connections = new SshConnections(idleMs === undefined ? {} : { idleMs });
  opened.push(connections);
  return connections;
}

function runnerTo(target: LoopbackHost, connections: SshConnections, ssh: Partial<SshSettings> = {}): SshRunner {
  const plan = target.plan([]);
  return new SshRunner({ ...plan, ssh: { ...plan.ssh, ...ssh } }, configs, connections);
}

/** Logins so far, and how many there were before the test. */
async function logins(target: LoopbackHost, what = 'Accepted publickey'): Promise<number> {
  return (await readFile(target.logFile, 'utf8')).split(what).length - 1;
}

const masters = async (): Promise<number[]> => {
  const own = new Set(await sshClients());
  return (await commandLines()).filter(([pid, line]) => own.has(pid) && line.includes('\0-M\0')).map(([pid]) => pid);
};

const PATIENT = 'sleep 1000 & echo $$ $!; wait';

async function pidsOf(stdout: Readable | null): Promise<number[]> {
  const [chunk] = (await once(stdout as Readable, 'data')) as [Buffer];
  return chunk.toString().trim().split(' ').map(Number);
}

test('scripts and rsync, one after the other and at once, share one login', async () => {
  const before = await logins(host);
  const connections = open();
  const runner = runnerTo(host, connections);
  for (const word of ['one', 'two', 'three']) {
    expect((await runToEnd(runner, { body: `echo ${word}` })).stdout.toString()).toBe(`${word}\n`);
  }
  await Promise.all(Array.from({ length: 5 }, () => runToEnd(runner, { body: 'sleep 0.2' })));
  const shell = await remoteShell(host.plan([]), configs, connections);
  const words = ['-r', `--rsh=${shell.rsh}`, '--', `${shell.address}:${directory}/runtime/`, `${directory}/copy/`];
  const ignore = (): void => undefined;
  const { exitCode } = await runRsync({
    words,
    signal: new AbortController().signal,
    onOutput: ignore,
    onError: ignore,
  });
  shell.release();
  expect(exitCode).toBe(0);
  expect(await readdir(join(directory, 'copy'))).toEqual(await readdir(join(directory, 'runtime')));
  expect((await logins(host)) - before).toBe(1);
});

test('twenty steps at once share three logins, eight each at most, and all arrive whole', async () => {
  const before = await logins(host);
  const runner = runnerTo(host, open());
  const lists = Array.from({ length: 20 }, () => randomBytes(300_000));
  const runs = lists.map((list) => runToEnd(runner, { body: 'cat "$HOLDFAST_LIST"; sleep 1', list }));
  for (const [place, run] of (await Promise.all(runs)).entries()) {
    expect(run.stdout.equals(lists[place] as Buffer)).toBe(true);
  }
  expect((await logins(host)) - before).toBe(3);
});

test('where the host takes fewer sessions (MaxSessions), the others log in by themselves, without a word', async () => {
  const narrow = await anotherHost('narrow', ['MaxSessions 2']);
  const runner = runnerTo(narrow, open());
  const list = randomBytes(300_000);
  const runs = Array.from({ length: 4 }, () => runToEnd(runner, { body: 'cat "$HOLDFAST_LIST"; sleep 1', list }));
  for (const { status, stderrLines, stdout } of await Promise.all(runs)) {
    expect([status, stderrLines]).toEqual([0, []]);
    expect(stdout.equals(list)).toBe(true);
  }
  expect(await logins(narrow)).toBe(4);
});

test('a login that is refused fails all that wait for it, as their own would, and is not tried by each', async () => {
  const before = await logins(host, 'Connection from');
  const runner = runnerTo(host, open(), { options: { UserKnownHostsFile: '/dev/null' } });
  const runs = await Promise.allSettled(Array.from({ length: 20 }, () => runToEnd(runner, { body: 'true' })));
  for (const run of runs) {
    expect(run).toMatchObject({ reason: { type: 'HostKeyUnknown', place: { host: 'alpha' } } });
  }
  expect((await logins(host, 'Connection from')) - before).toBe(3);
});

test('an account without a shell fails with the host’s words', async () => {
  const closed = await anotherHost('no-shell', ['ForceCommand echo "This account is closed."; exit 1']);
  await expect(runToEnd(runnerTo(closed, open()), { body: 'true' })).rejects.toMatchObject({
    type: 'RemoteCommandFailed',
    message: expect.stringContaining('This account is closed.') as unknown,
  });
});

test('a step that is cancelled while it waits for a login that never comes is over at once', async () => {
  const stuck = await anotherHost('stuck', ['ForceCommand sleep 1000']);
  const abort = new AbortController();
  const finished = runToEnd(runnerTo(stuck, open()), { body: 'true', signal: abort.signal });
  while ((await logins(stuck)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  abort.abort();
  await expect(finished).rejects.toMatchObject({ type: 'Cancelled' });
});

test('a connection that is killed in mid-transfer interrupts its sessions; their groups die, and the next step logs in anew', async () => {
  const runner = runnerTo(host, open());
  const signal = new AbortController().signal;
  const running = runner.start({ what: 'wait', body: PATIENT, stdout: 'pipe', signal });
  const pids = await pidsOf(running.stdout);
  const outputFails = expect(once(running.stdout as Readable, 'end')).rejects.toMatchObject({
    type: 'TransferInterrupted',
  });
  for (const pid of await masters()) process.kill(pid, 'SIGKILL');
  await expect(running.finished).rejects.toMatchObject({ type: 'TransferInterrupted' });
  await outputFails;
  await Promise.all(pids.map(processGone));
  expect((await runToEnd(runner, { body: 'true' })).status).toBe(0);
});

test('a connection that is killed after the status came and before the last output did leaves no whole-looking output', async () => {
  const runner = runnerTo(host, open());
  let wrapper = 0;
  const running = runner.start({
    what: 'print',
    body: 'head -c 1500000 /dev/zero; echo $PPID >&2',
    stdout: 'pipe',
    signal: new AbortController().signal,
    onStderrLine: (line) => (wrapper = Number(line)),
  });
  await once(running.stdout as Readable, 'readable');
  while (wrapper === 0) await runToEnd(runner, { body: 'true' });
  await processGone(wrapper);
  await runToEnd(runner, { body: 'true' }); // Its status came after the first one's.
  for (const pid of await masters()) process.kill(pid, 'SIGKILL');
  let bytes = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of running.stdout ?? []) bytes += (chunk as Buffer).length;
  };
  await expect(read()).rejects.toMatchObject({ type: 'TransferInterrupted' });
  expect(bytes).toBeLessThan(1_500_000);
  await expect(running.finished).rejects.toMatchObject({ type: 'TransferInterrupted' });
});

test('a socket that nobody listens at any more is passed over', async () => {
  const before = await logins(host);
  const runner = runnerTo(host, open());
  await runToEnd(runner, { body: 'true' });
  // All in one turn of the event loop: the socket is nobody's by then, and its end is not known here yet.
  for (const pid of await masters()) {
    process.kill(pid, 'SIGKILL');
    while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) continue;
  }
  const { status, stderrLines } = await runToEnd(runner, { body: 'true' });
  expect([status, stderrLines]).toEqual([0, []]);
  expect((await logins(host)) - before).toBe(2);
});

test('a host’s key that changed, and a login that was withdrawn, are noticed by the next step that asks for a new login', async () => {
  const changing = await anotherHost('changing');
  const runner = runnerTo(changing, open());
  await runToEnd(runner, { body: 'true' });
  const known = await readFile(changing.knownHostsFile, 'utf8');
  const otherKey = (await readFile(`${host.identityFile}.pub`, 'utf8')).trim();
  await writeFile(changing.knownHostsFile, `[127.0.0.1]:${changing.port} ${otherKey}\n`);
  await expect(runToEnd(runner, { body: 'true', newLogin: true })).rejects.toMatchObject({ type: 'HostKeyChanged' });
  await writeFile(changing.knownHostsFile, known);
  expect((await runToEnd(runner, { body: 'true', newLogin: true })).status).toBe(0);
  const keys = join(directory, 'changing', 'authorized_keys');
  await rename(keys, `${keys}.withdrawn`);
  await expect(runToEnd(runner, { body: 'true', newLogin: true })).rejects.toMatchObject({ type: 'HostAuthFailed' });
});

test('a new login leaves the sessions of the old one alone, and serves those that follow', async () => {
  const before = await logins(host);
  const runner = runnerTo(host, open());
  const old = runToEnd(runner, { body: 'sleep 1; echo old' });
  await runToEnd(runner, { body: 'true' });
  await runToEnd(runner, { body: 'true', newLogin: true });
  await runToEnd(runner, { body: 'true' });
  expect((await old).stdout.toString()).toBe('old\n');
  expect((await logins(host)) - before).toBe(2);
  while ((await masters()).length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('changed settings of a host never meet the connection of the old ones', async () => {
  const connections = open();
  await runToEnd(runnerTo(host, connections), { body: 'true' });
  const finished = runToEnd(runnerTo(host, connections, { identityFile: '/dev/null' }), { body: 'true' });
  await expect(finished).rejects.toMatchObject({ type: 'HostAuthFailed' });
});

test('an idle connection is closed, whatever the user’s own configuration says of keeping it', async () => {
  const config = join(directory, 'keeping_config');
  await writeFile(config, 'Host *\n  ControlMaster auto\n  ControlPersist 600\n', { mode: 0o600 });
  const own = new SshConfigFiles(join(directory, 'runtime'), [config]);
  const runner = new SshRunner(host.plan([]), own, open(50));
  const before = await logins(host);
  await runToEnd(runner, { body: 'true' });
  const [master = 0] = await masters();
  await processGone(master);
  expect((await commandLines()).filter(([, line]) => line.includes(directory) && line.startsWith('ssh\0'))).toEqual([]);
  expect((await runToEnd(runner, { body: 'true' })).status).toBe(0);
  expect((await logins(host)) - before).toBe(2);
});

test('a cancelled rsync ends on the host too', async () => {
  const connections = open();
  const big = join(directory, 'big');
  await writeFile(big, randomBytes(4_000_000));
  const shell = await remoteShell(host.plan([]), configs, connections);
  const words = ['--bwlimit=100', `--rsh=${shell.rsh}`, '--', `${shell.address}:${big}`, `${directory}/slow`];
  const abort = new AbortController();
  const ignore = (): void => undefined;
  const run = runRsync({ words, signal: abort.signal, onOutput: ignore, onError: ignore });
  const servers = async (): Promise<number[]> =>
    (await commandLines())
      .filter(([, line]) => /^rsync\0--server/.test(line) && line.includes(big))
      .map(([pid]) => pid);
  while ((await servers()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const found = await servers();
  abort.abort();
  await expect(run).rejects.toMatchObject({ type: 'Cancelled' });
  shell.release();
  await Promise.all(found.map(processGone));
});

test('a process that is killed with SIGKILL leaves no ssh behind', async () => {
  const runtimeDirectory = join(directory, 'killed');
  const input = { host: host.plan([]), runtimeDirectory, shared: true, body: PATIENT };
  const program = fileURLToPath(new URL('../../support/script-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pids = await pidsOf(child.stdout);
  const clients = (await commandLines()).filter(
    ([, line]) => line.startsWith('ssh\0') && line.includes(runtimeDirectory),
  );
  expect(clients).toHaveLength(2);
  child.kill('SIGKILL');
  await Promise.all([...pids, ...clients.map(([pid]) => pid)].map(processGone));
});

test('closing ends what still runs and leaves no socket behind', async () => {
  const connections = open();
  const runner = runnerTo(host, connections);
  const running = runner.start({ what: 'wait', body: PATIENT, stdout: 'pipe', signal: new AbortController().signal });
  const pids = await pidsOf(running.stdout);
  const own = await masters();
  const [line = ''] = (await commandLines()).filter(([pid]) => own.includes(pid)).map(([, each]) => each);
  const socket = line.split('\0').find((word) => /\/holdfast-[^/]+\/\d+$/.test(word)) ?? '';
  expect(Buffer.byteLength(socket)).toBeLessThan(86);
  running.stdout?.resume();
  await connections.close();
  await expect(running.finished).rejects.toMatchObject({ type: 'TransferInterrupted' });
  await Promise.all(pids.map(processGone));
  await expect(readdir(join(socket, '..'))).rejects.toMatchObject({ code: 'ENOENT' });
});
