import { hostname } from 'node:os';
import { machineTaskQueue, TASK_QUEUE } from '../core/ids.js';
import { type MetricsAddress, type MetricsEndpoint, openMetricsEndpoint } from '../workers/metrics-endpoint.js';
import { startWorker, type RunningWorker, type StartWorkerOptions } from '../workers/run-worker.js';
import type { CliContext } from './cli-context.js';
import { embeddedSettings } from './connection.js';
import { stateDirectory } from './directories.js';
import { joinEmbeddedServer } from './embedded/server.js';
import { settingsOfEnvironment, type TemporalSettings } from './temporal-settings.js';
import { stopSignal, untilStopped } from './stop-signals.js';

interface Service {
  readonly settings: TemporalSettings;
  /** What stands behind it, for the person. */
  readonly server: string;
  readonly worker: RunningWorker;
  stop(): Promise<void>;
}

type Grace = 'long' | 'short';

/** What the command line says of the worker. */
export interface ServeOptions {
  readonly maxConnections?: number;
  readonly metrics?: MetricsAddress | false;
}

type WorkerOptions = Pick<StartWorkerOptions, 'grace' | 'maxConnections' | 'metrics'>;

/** Runs a worker in the foreground, with the embedded server when the environment names none; returns after a clean stop. */
export async function serve(context: CliContext, grace: Grace, options: ServeOptions = {}): Promise<void> {
  // Listened for from the beginning: one that comes while the server starts must not leave it behind.
  const signal = stopSignal();
  // Before anything is started: an address that cannot be had is a mistake of the command line.
  const endpoint = options.metrics ? await openMetricsEndpoint(options.metrics) : undefined;
  try {
    const { maxConnections } = options;
    const worker = {
      grace,
      ...(maxConnections === undefined ? {} : { maxConnections }),
      ...(endpoint === undefined ? {} : { metrics: { endpoint, configFile: context.configPath } }),
    };
    const settings = await settingsOfEnvironment();
    const service = settings ? await workFor(settings, worker) : await workForEmbedded(context, worker);
    announce(context, service, endpoint);
    await untilStopped(service, signal, (line) => context.note(line));
  } finally {
    await endpoint?.close();
  }
}

async function workFor(settings: TemporalSettings, options: WorkerOptions): Promise<Service> {
  const stateDir = stateDirectory();
  const worker = await startWorker({ ...options, settings, stateDir, takeOver: false, log: 'WARN' });
  return { settings, server: 'your server', worker, stop: () => worker.stop() };
}

async function workForEmbedded(context: CliContext, options: WorkerOptions): Promise<Service> {
  const server = await joinEmbeddedServer({
    role: 'up',
    note: (line) => context.note(line),
    stateDir: stateDirectory(),
  });
  try {
    const settings = embeddedSettings(server);
    const stateDir = stateDirectory();
    const worker = await startWorker({ ...options, settings, stateDir, takeOver: true, log: 'WARN' });
    const stop = async (): Promise<void> => {
      await worker.stop().finally(() => server.leave());
    };
    return { settings, server: server.started ? 'started here' : 'ran already', worker, stop };
  } catch (error) {
    await server.leave();
    throw error;
  }
}

function announce(context: CliContext, { settings, server }: Service, endpoint: MetricsEndpoint | undefined): void {
  const { connection, namespace, uiUrl } = settings;
  const taskQueues = [TASK_QUEUE, machineTaskQueue(hostname())];
  context.print(
    `Ready: Temporal at ${connection.address} (${server}), UI ${uiUrl ?? 'not known'}, task queues ${taskQueues.join(' and ')}${endpoint === undefined ? '' : `, metrics at ${endpoint.url}`}. Ctrl-C stops.`,
  );
  context.printJson({
    message_type: 'ready',
    address: connection.address,
    namespace,
    ui_url: uiUrl ?? null,
    task_queues: taskQueues,
    metrics_url: endpoint?.url ?? null,
  });
}
