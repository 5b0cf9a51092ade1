import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '../../core/failures.js';
import { SEARCH_ATTRIBUTES } from '../../core/search-attributes.js';
import { databaseOf, type EmbeddedServer } from './record.js';
import { endProcess, hasCode, listensOn } from '../processes.js';

const START_LIMIT_MS = 60_000;
const RELEASE_LIMIT_MS = 1_000;
/** flock's own status when another process has the lock. */
const LOCK_TAKEN = 75;

export interface Ports {
  readonly grpc: number;
  readonly ui: number;
}

/**
 * Starts the server and waits until it listens. The server itself holds a lock on the state directory, by a file descriptor that it
 * inherits from flock(1), so no second one can ever have the same database and no lock outlives it. `taken` when another one has it.
 */
export async function launchServer(
  temporal: string,
  stateDir: string,
  ports: Ports,
): Promise<EmbeddedServer | 'taken'> {
  const log = join(stateDir, 'temporal.log');
  const output = openSync(log, 'a', 0o600);
  // In a session of its own: Ctrl-C is for the command, which ends the server when its worker has let go of it.
  const child = spawn('flock', flockArguments(stateDir, [temporal, ...serverArguments(stateDir, ports)]), {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  await spawned(child);
  child.unref();
  if (await ready(child, ports.grpc))
    return { pid: child.pid ?? 0, address: `127.0.0.1:${ports.grpc}`, uiUrl: `http://127.0.0.1:${ports.ui}` };
  if (child.exitCode === LOCK_TAKEN) return 'taken';
  if (child.pid !== undefined) await endProcess(child.pid, 1_000);
  throw new HoldfastError(
    'TemporalUnreachable',
    `The embedded Temporal server did not start; ${log} says: ${lastLines(log)}`,
  );
}

/**
 * The ports wished for where they are free, else others below those that the system gives to outgoing connections (from 32768 on, ip(7)): one
 * of these could have the server's port when it starts again, and who waits for it there would wait in vain.
 */
export async function choosePorts(wished: Ports | undefined): Promise<Ports> {
  const grpc = (wished && (await freeSoon(wished.grpc))) ?? (await freePort());
  let ui = (wished && (await freeSoon(wished.ui))) ?? (await freePort());
  while (ui === grpc) ui = await freePort();
  return { grpc, ui };
}

const flockArguments = (stateDir: string, command: readonly string[]): string[] => [
  '--nonblock',
  '--no-fork',
  `--conflict-exit-code=${LOCK_TAKEN}`,
  stateDir,
  ...command,
];

const serverArguments = (stateDir: string, ports: Ports): string[] => [
  'server',
  'start-dev',
  ...['--ip', '127.0.0.1'],
  ...['--port', String(ports.grpc)],
  ...['--ui-port', String(ports.ui)],
  ...['--db-filename', databaseOf(stateDir)],
  ...['--sqlite-pragma', 'journal_mode=wal'],
  ...['--sqlite-pragma', 'synchronous=normal'],
  ...['--log-level', 'error'],
  // The worker that schedules an Activity may begin it at once: an eighth less processor time for each host of a run.
  ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
  // A worker registers them too, for servers that are not ours; from the start they need no cache to be refreshed.
  ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type === 'INT' ? 'Int' : 'Keyword'}`,
  ]),
];

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(
        hasCode(error, 'ENOENT') ? new HoldfastError('ToolMissing', 'flock (of util-linux) is not on PATH.') : error,
      );
    });
  });
}

async function ready(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (listensOn(child.pid ?? 0, port)) return true;
    await delay(20);
  }
  return false;
}

const anyPort = (): number => randomInt(20_000, 32_768);

async function freePort(): Promise<number> {
  for (;;) {
    const port = anyPort();
    if (await isFree(port)) return port;
  }
}

/** The threads of a server that was killed let go of its ports a moment after it has ended. */
async function freeSoon(port: number): Promise<number | undefined> {
  const deadline = Date.now() + RELEASE_LIMIT_MS;
  for (;;) {
    if (await isFree(port)) return port;
    if (Date.now() > deadline) return undefined;
    await delay(20);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (hasCode(error, 'EADDRINUSE') || hasCode(error, 'EACCES')) resolve(false);
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

const lastLines = (file: string): string =>
  readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n') || '(nothing)';
