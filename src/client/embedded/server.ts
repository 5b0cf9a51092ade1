import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '../../core/failures.js';
import { stateDirectory } from '../directories.js';
import { choosePorts, launchServer, type Ports } from './launch.js';
import { lastServer, runningServer, writeRecord, type EmbeddedServer } from './record.js';
import { currentUses, enter, type Role } from './users.js';
import { endProcess, listensOn, startTicks } from '../processes.js';
import { findTemporal } from './temporal-binary.js';

/** The server writes its last state when asked to end; all of it can be killed without harm too. */
const STOP_LIMIT_MS = 15_000;
const JOIN_LIMIT_MS = 60_000;
const LAUNCH_ATTEMPTS = 4;

export interface JoinOptions {
  readonly role: Role;
  /** A remark for the person who waits. */
  readonly note: (line: string) => void;
  /** See `stateDirectory`. */
  readonly stateDir: string;
}

export interface JoinedServer extends EmbeddedServer {
  /** This call started it; else it ran already. */
  readonly started: boolean;
  /** Whether a `holdfast up` stands by, whose worker takes the tasks. */
  hasWorker(): boolean;
  /** Ends this use. The last one to leave ends the server: its runs lie in the database and go on with the next server and worker. */
  leave(): Promise<void>;
}

/**
 * The one embedded server of this state directory: the one that runs, or a new one. However many commands start at once, and
 * whichever of them are killed at whatever moment, there is at most one (see `launchServer`), and the next command finds it.
 *
 * Throws TemporalUnreachable when it does not start, ToolMissing when there is no `temporal` to be had.
 */
export async function joinEmbeddedServer(options: JoinOptions): Promise<JoinedServer> {
  const { stateDir } = options;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  // Entered before looking: whoever leaves now either sees this use, or has marked the server as stopping before we look.
  const leaveUse = enter(stateDir, options.role);
  try {
    const { server, started } = await findOrStart(stateDir, options.note);
    return {
      ...server,
      started,
      hasWorker: () => currentUses(stateDir).includes('up'),
      leave: async () => {
        leaveUse();
        await stopUnlessUsed(stateDir, server);
      },
    };
  } catch (error) {
    leaveUse();
    throw error;
  }
}

interface Found {
  readonly server: EmbeddedServer;
  readonly started: boolean;
}

async function findOrStart(stateDir: string, note: (line: string) => void): Promise<Found> {
  const running = await joinRunning(stateDir);
  if (running) return { server: running, started: false };
  const temporal = await findTemporal({ note });
  const deadline = Date.now() + JOIN_LIMIT_MS;
  while (Date.now() < deadline) {
    const launched = await launch(temporal, stateDir);
    if (launched !== 'taken') {
      writeRecord(stateDir, launched);
      return { server: launched, started: true };
    }
    const other = await joinRunning(stateDir);
    if (other) return { server: other, started: false };
    await delay(20);
  }
  throw new HoldfastError(
    'TemporalUnreachable',
    `Another process holds ${stateDir}, but no Temporal server runs there.`,
  );
}

/** The server that runs, once it listens. One that somebody has decided to end is ended first. */
async function joinRunning(stateDir: string): Promise<EmbeddedServer | undefined> {
  const server = runningServer(stateDir);
  if (!server) return undefined;
  if (!server.stopping) return (await listening(server)) ? server : undefined;
  await endProcess(server.pid, STOP_LIMIT_MS);
  return undefined;
}

/**
 * A port can be taken between the look and the start, and so can those that the server takes for its own parts: it is started again, where it is
 * waited for as long as that may work, at last elsewhere.
 */
async function launch(temporal: string, stateDir: string): Promise<EmbeddedServer | 'taken'> {
  let wished = wishedPorts(stateDir);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launchServer(temporal, stateDir, await choosePorts(wished));
    } catch (error) {
      if (attempt === LAUNCH_ATTEMPTS) throw error;
      if (attempt === LAUNCH_ATTEMPTS - 1) wished = undefined;
    }
  }
}

/** Those of the last server, so that who waits for a run or looks at the UI finds the next one; at first the usual ones, in the usual directory. */
function wishedPorts(stateDir: string): Ports | undefined {
  const last = lastServer(stateDir);
  if (last) return { grpc: Number(last.address.split(':').pop()), ui: Number(last.uiUrl.split(':').pop()) };
  const isUsual = stateDir === stateDirectory({ ...process.env, HOLDFAST_STATE_DIR: undefined });
  return isUsual ? { grpc: 7233, ui: 8233 } : undefined;
}

/** False when it ended, or does not come to life in time. */
async function listening(server: EmbeddedServer): Promise<boolean> {
  const port = Number(server.address.split(':').pop());
  const deadline = Date.now() + JOIN_LIMIT_MS;
  while (startTicks(server.pid) !== undefined && Date.now() < deadline) {
    if (listensOn(server.pid, port)) return true;
    await delay(20);
  }
  return false;
}

async function stopUnlessUsed(stateDir: string, server: EmbeddedServer): Promise<void> {
  if (currentUses(stateDir).length > 0) return;
  const { pid, address, uiUrl } = server;
  writeRecord(stateDir, { pid, address, uiUrl, stopping: true });
  // Somebody who entered before the mark was set relies on the server; whoever enters after it sees the mark.
  if (currentUses(stateDir).length > 0) {
    writeRecord(stateDir, { pid, address, uiUrl });
    return;
  }
  await endProcess(pid, STOP_LIMIT_MS);
}
