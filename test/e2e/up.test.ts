import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runningServer } from '../../src/client/embedded/record.js';
import { endProcess, startTicks } from '../../src/client/processes.js';
import { startCli, type RunningCli } from '../support/cli.js';

let stateDir: string;
let commands: RunningCli[];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  commands = [];
});

afterEach(async () => {
  for (const command of commands) command.kill('SIGKILL');
  await Promise.all(commands.map((command) => command.ended));
  const server = runningServer(stateDir);
  if (server) await endProcess(server.pid, 10_000);
  await rm(stateDir, { recursive: true, force: true });
});

const READY =
  /^Ready: Temporal at (127\.0\.0\.1:\d+) \((started here|ran already)\), UI (http:\S+), task queues holdfast and holdfast-/m;

function start(command: 'up' | 'worker', environment: Readonly<Record<string, string>> = {}): RunningCli {
  const cli = startCli([command], { HOLDFAST_STATE_DIR: stateDir, ...environment });
  commands.push(cli);
  return cli;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'up says where it is, and %s ends it and the server cleanly',
  async (signal) => {
    const up = start('up');
    const [, address] = await up.until(READY);
    const { pid } = JSON.parse(await readFile(join(stateDir, 'embedded.json'), 'utf8')) as { pid: number };
    expect(runningServer(stateDir)).toMatchObject({ pid, address });

    up.kill(signal);
    expect(await up.ended).toBe(0);
    expect(startTicks(pid)).toBeUndefined();
    expect(up.stderr()).not.toMatch(/error/i);
  },
);

test('two that start at once share one server, which lives until the second has left', async () => {
  const [one, other] = [start('up'), start('up')];
  const ready = await Promise.all([one.until(READY), other.until(READY)]);
  const server = runningServer(stateDir);

  expect(new Set(ready.map((match) => match[1]))).toEqual(new Set([server?.address]));
  expect(ready.map((match) => match[2]).toSorted()).toEqual(['ran already', 'started here']);
  one.kill('SIGTERM');
  await one.ended;
  expect(runningServer(stateDir)).toMatchObject({ pid: server?.pid });
  other.kill('SIGTERM');
  await other.ended;
  expect(runningServer(stateDir)).toBeUndefined();
});

test('after kill -9 of up, the next up takes over its server', async () => {
  const killed = start('up');
  const [, address] = await killed.until(READY);
  killed.kill('SIGKILL');
  await killed.ended;
  const next = start('up');
  const ready = await next.until(READY);

  expect(ready.slice(1, 3)).toEqual([address, 'ran already']);
  next.kill('SIGTERM');
  expect(await next.ended).toBe(0);
  expect(runningServer(stateDir)).toBeUndefined();
});

test('worker serves the server that the environment names, and leaves it alone when it stops', async () => {
  const up = start('up');
  const [, address] = await up.until(READY);
  const worker = start('worker', { TEMPORAL_ADDRESS: address ?? '' });
  await worker.until(/^Ready: Temporal at \S+ \(your server\)/m);
  worker.kill('SIGTERM');

  expect(await worker.ended).toBe(0);
  expect(runningServer(stateDir)).toBeDefined();
});

test('worker says which server does not answer, with exit code 5', async () => {
  const worker = start('worker', { TEMPORAL_ADDRESS: '127.0.0.1:9' });

  expect(await worker.ended).toBe(5);
  expect(worker.stderr()).toMatch(/No Temporal server answers at 127\.0\.0\.1:9/);
});
