import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choosePorts, launchServer } from '../../../src/client/embedded/launch.js';
import { joinEmbeddedServer, type JoinedServer } from '../../../src/client/embedded/server.js';
import { findTemporal } from '../../../src/client/embedded/temporal-binary.js';
import { endProcess, startTicks } from '../../../src/client/processes.js';

let stateDir: string;
let joined: JoinedServer[];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'holdfast-embedded-'));
  joined = [];
});

afterEach(async () => {
  for (const server of joined) await endProcess(server.pid, 10_000);
  await rm(stateDir, { recursive: true, force: true });
});

const note = (): void => {};

async function join1(role: 'up' | 'command' = 'command'): Promise<JoinedServer> {
  const server = await joinEmbeddedServer({ role, note, stateDir });
  joined.push(server);
  return server;
}

test('commands that start at once share one server, and the last to leave ends it', async () => {
  const servers = await Promise.all([join1(), join1(), join1('up'), join1()]);

  expect(new Set(servers.map((server) => server.pid)).size).toBe(1);
  expect(servers.filter((server) => server.started)).toHaveLength(1);
  const [first, ...others] = servers as [JoinedServer, ...JoinedServer[]];
  await Promise.all(others.map((server) => server.leave()));
  expect(startTicks(first.pid)).toBeDefined();
  await first.leave();
  expect(startTicks(first.pid)).toBeUndefined();
});

test('a server left behind by a killed command is found again, also without its record', async () => {
  const before = await join1();
  await unlink(join(stateDir, 'embedded.json'));
  const after = await join1();

  expect(after).toMatchObject({ pid: before.pid, address: before.address, uiUrl: before.uiUrl, started: false });
});

test('a record that names a dead or strange process is not believed', async () => {
  await writeFile(
    join(stateDir, 'embedded.json'),
    JSON.stringify({ pid: process.pid, address: '127.0.0.1:0', uiUrl: 'http://127.0.0.1:0' }),
  );
  const server = await join1();

  expect(server.started).toBe(true);
  expect(JSON.parse(await readFile(join(stateDir, 'embedded.json'), 'utf8'))).toMatchObject({ pid: server.pid });
});

test('a server that somebody has decided to end is ended, not joined', async () => {
  const before = await join1();
  await writeFile(join(stateDir, 'embedded.json'), JSON.stringify({ ...before, stopping: true }));
  const after = await join1();

  expect(after.pid).not.toBe(before.pid);
  expect(startTicks(before.pid)).toBeUndefined();
});

test('the use of a killed command keeps nothing alive', async () => {
  const server = await join1();
  await writeFile(join(stateDir, 'users', `up-${process.pid}-1-abcdef`), '');

  expect(server.hasWorker()).toBe(false);
  await server.leave();
  expect(startTicks(server.pid)).toBeUndefined();
});

test('the next server has the address of the last one, so that who waits for it finds it', async () => {
  const first = await join1();
  process.kill(first.pid, 'SIGKILL');
  await endProcess(first.pid, 10_000);
  const next = await join1();

  expect(next.pid).not.toBe(first.pid);
  expect(next).toMatchObject({ address: first.address, uiUrl: first.uiUrl, started: true });
});

test('no second server can have the same database', async () => {
  await join1();

  expect(await launchServer(await findTemporal({ note }), stateDir, await choosePorts(undefined))).toBe('taken');
});
