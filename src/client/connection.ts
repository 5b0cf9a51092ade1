import type { Client, Connection } from '@temporalio/client';
import { HoldfastError } from '../core/failures.js';
import { TASK_QUEUE } from '../core/ids.js';
import type { RunningWorker } from '../workers/run-worker.js';
import { stateDirectory } from './directories.js';
import { joinEmbeddedServer, type JoinedServer } from './embedded/server.js';
import type { Role } from './embedded/users.js';
import { settingsOfEnvironment, type TemporalSettings } from './temporal-settings.js';

/** A poller that was not seen for so long is gone: a poll itself takes at most one minute. */
const POLLER_LIFE_MS = 90_000;
const CONNECT_LIMIT_MS = 10_000;

export interface ConnectOptions {
  /** The command starts or waits for runs: without a worker it fails (WorkerMissing), or, with the embedded server, brings its own. */
  readonly requireWorker: boolean;
  /** A remark for the person who waits. */
  readonly note: (line: string) => void;
}

export interface TemporalConnection {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
  /** The worker lives in this process: when the command leaves, its runs wait for `holdfast up`. */
  readonly ownWorker: boolean;
  /** Rejects when the worker in this process dies. */
  readonly workerFailed: Promise<never>;
  /** Address of a run in the Temporal UI. */
  workflowUrl(workflowId: string, runId?: string): string | undefined;
  /** Stops the worker of this process, if it has one, leaves the server and closes the connection. */
  stop(): Promise<void>;
}

/**
 * Connects to the server that the environment names (TEMPORAL_ADDRESS or a profile), else to the embedded one, which is started for
 * this command when it does not run. Throws TemporalUnreachable, WorkerMissing, ToolMissing.
 */
export async function connect(options: ConnectOptions): Promise<TemporalConnection> {
  const settings = await settingsOfEnvironment();
  return settings ? connectNamed(settings, options) : connectEmbedded(options);
}

async function connectNamed(settings: TemporalSettings, options: ConnectOptions): Promise<TemporalConnection> {
  const connection = await open(settings);
  try {
    if (options.requireWorker) await requirePollers(connection, settings);
    return await assemble(settings, connection, undefined, () => connection.close());
  } catch (error) {
    await connection.close();
    throw error;
  }
}

export interface ConnectEmbeddedOptions extends ConnectOptions {
  /** Where the server keeps its database, if not in the usual place. */
  readonly stateDir?: string;
  /** `up`: other commands may rely on the worker of this one. */
  readonly role?: Role;
}

export async function connectEmbedded(options: ConnectEmbeddedOptions): Promise<TemporalConnection> {
  const { role = 'command', note, stateDir = stateDirectory() } = options;
  const server = await joinEmbeddedServer({ role, note, stateDir });
  const settings = embeddedSettings(server);
  const bringWorker = options.requireWorker && (role === 'up' || !server.hasWorker());
  // Both at once: each takes its time to load.
  const [connection, worker] = await Promise.allSettled([
    server.started ? open(settings) : openLater(settings),
    bringWorker ? startOwnWorker(settings, stateDir) : undefined,
  ]);
  const stop = async (): Promise<void> => {
    try {
      if (worker.status === 'fulfilled') await worker.value?.stop();
    } finally {
      if (connection.status === 'fulfilled') await connection.value.close();
      await server.leave();
    }
  };
  if (connection.status === 'fulfilled' && worker.status === 'fulfilled')
    return assemble(settings, connection.value, worker.value, stop);
  await stop();
  throw connection.status === 'rejected' ? connection.reason : (worker as PromiseRejectedResult).reason;
}

export const embeddedSettings = (server: JoinedServer): TemporalSettings => ({
  connection: { address: server.address },
  namespace: 'default',
  uiUrl: server.uiUrl,
});

async function startOwnWorker(settings: TemporalSettings, stateDir: string): Promise<RunningWorker> {
  // Loaded only here: the worker's native part costs a command half a second.
  const { startWorker } = await import('../workers/run-worker.js');
  return startWorker({ settings, stateDir, grace: 'short', takeOver: true, log: 'ERROR' });
}

async function open(settings: TemporalSettings): Promise<Connection> {
  const { Connection: TemporalConnection } = await import('@temporalio/client');
  const { address } = settings.connection;
  return TemporalConnection.connect({ ...settings.connection, connectTimeout: CONNECT_LIMIT_MS }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError(
        'TemporalUnreachable',
        `No Temporal server answers at ${address}: ${reason}`,
        {},
        { cause: error },
      );
    },
  );
}

/** To a server that is known to run: the first call tells the rest, a question before it would cost 30 ms of each command. */
async function openLater(settings: TemporalSettings): Promise<Connection> {
  const { Connection: TemporalConnection } = await import('@temporalio/client');
  return TemporalConnection.lazy({ ...settings.connection, connectTimeout: CONNECT_LIMIT_MS });
}

async function requirePollers(
  connection: Connection,
  { namespace, connection: { address } }: TemporalSettings,
): Promise<void> {
  for (const taskQueueType of [WORKFLOW_TASKS, ACTIVITY_TASKS]) {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: TASK_QUEUE },
      taskQueueType,
    });
    const alive = (pollers ?? []).some(
      ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - POLLER_LIFE_MS,
    );
    if (!alive)
      throw new HoldfastError(
        'WorkerMissing',
        `No worker takes tasks from queue ${TASK_QUEUE} at ${address}, namespace ${namespace}.`,
      );
  }
}

/** `TaskQueueType` of Temporal's API. */
const WORKFLOW_TASKS = 1;
const ACTIVITY_TASKS = 2;

async function assemble(
  { connection: { address }, namespace, uiUrl }: TemporalSettings,
  connection: Connection,
  worker: RunningWorker | undefined,
  stop: () => Promise<void>,
): Promise<TemporalConnection> {
  const { Client: TemporalClient } = await import('@temporalio/client');
  return {
    client: new TemporalClient({ connection, namespace }),
    address,
    namespace,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    ownWorker: worker !== undefined,
    workerFailed: worker?.failed ?? new Promise<never>(() => {}),
    workflowUrl: (workflowId, runId) => workflowUrl(uiUrl, namespace, workflowId, runId),
    stop,
  };
}

function workflowUrl(
  uiUrl: string | undefined,
  namespace: string,
  workflowId: string,
  runId?: string,
): string | undefined {
  if (uiUrl === undefined) return undefined;
  const run = runId === undefined ? '' : `/${runId}`;
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}${run}`;
}
