import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allProcesses, argumentsOf, hasCode } from '../processes.js';

/** A server that runs on this machine. */
export interface EmbeddedServer {
  readonly pid: number;
  /** `127.0.0.1:7233`. */
  readonly address: string;
  readonly uiUrl: string;
  /** Somebody has decided to end it: wait for that, then start another. */
  readonly stopping?: boolean;
}

export const databaseOf = (stateDir: string): string => join(stateDir, 'temporal.db');
const recordOf = (stateDir: string): string => join(stateDir, 'embedded.json');

/**
 * The server that holds this database, if one runs. `embedded.json` says which, and is believed only when that process is one; a
 * server whose starter was killed before it could write the record is found among the processes.
 */
export function runningServer(stateDir: string): EmbeddedServer | undefined {
  const record = readRecord(stateDir);
  if (record) {
    const server = serverOf(record.pid, stateDir);
    if (server) return { ...server, stopping: record.stopping ?? false };
  }
  for (const pid of allProcesses()) {
    const server = serverOf(pid, stateDir);
    if (server) return server;
  }
  return undefined;
}

/** The server that ran here last, whether or not it still does. */
export const lastServer = (stateDir: string): EmbeddedServer | undefined => readRecord(stateDir);

export function writeRecord(stateDir: string, server: EmbeddedServer): void {
  const temporary = `${recordOf(stateDir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(server)}\n`);
  renameSync(temporary, recordOf(stateDir));
}

/** A process's own arguments are the truth about it. */
function serverOf(pid: number, stateDir: string): EmbeddedServer | undefined {
  const argv = argumentsOf(pid) ?? [];
  if (argv[1] !== 'server' || argv[2] !== 'start-dev') return undefined;
  const option = (name: string): string | undefined => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined);
  if (option('--db-filename') !== databaseOf(stateDir)) return undefined;
  return { pid, address: `127.0.0.1:${option('--port')}`, uiUrl: `http://127.0.0.1:${option('--ui-port')}` };
}

function readRecord(stateDir: string): EmbeddedServer | undefined {
  try {
    return JSON.parse(readFileSync(recordOf(stateDir), 'utf8')) as EmbeddedServer;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
