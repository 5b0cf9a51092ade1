import { resolve } from 'node:path';
import type { CliContext } from './cli-context.js';
import type { TemporalConnection } from './connection.js';

/** What a command that asks workers about a configuration needs. */
export interface AtWorkers {
  /** Absolute, for workers on this machine. */
  readonly configPath: string;
  readonly connection: TemporalConnection;
}

/** Finds the configuration, connects, and closes the connection whatever becomes of the work. Throws ConfigNotFound, TemporalUnreachable, WorkerMissing. */
export async function withWorkers(context: CliContext, work: (at: AtWorkers) => Promise<void>): Promise<void> {
  const { findConfig } = await import('../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const { connect } = await import('./connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    await work({ configPath, connection });
  } finally {
    await connection.stop();
  }
}
