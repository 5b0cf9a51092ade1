import { existsSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/create-activities.js';
import type { TemporalSettings } from '../client/temporal-settings.js';
import { HoldfastError } from '../core/failures.js';
import { machineTaskQueue, TASK_QUEUE } from '../core/ids.js';
import { SshConnections } from '../providers/remote/ssh-connections.js';
import { releaseLostAttempts, workerIdentity } from './lost-attempts.js';
import type { MetricsEndpoint } from './metrics-endpoint.js';
import { MetricsPoke } from './metrics-poke.js';
import { createScrape } from './metrics-scrape.js';
import { createProviders } from './providers.js';
import { installRuntime } from './sdk-metrics.js';
import { registerSearchAttributes } from './search-attributes.js';
import { TemporalRunLimits } from './temporal-run-limits.js';
import { TemporalPastRuns } from './temporal-past-runs.js';
import { TemporalRuns } from './temporal-runs.js';
import { workerLog } from './worker-log.js';

export interface StartWorkerOptions {
  readonly settings: TemporalSettings;
  /** See `ProviderOptions`. */
  readonly stateDir: string;
  /**
   * What running Activities get when the worker is asked to stop. `long`: half a minute to finish. `short`: they are cut off at once
   * and done again by the next worker, for a person who waits at a terminal.
   */
  readonly grace: 'long' | 'short';
  /** Every worker of this server runs on this machine, so that a dead one is known as such: its work is taken over at once. */
  readonly takeOver: boolean;
  /** A command tells of failures by its run's result; a worker that stands alone by its log. */
  readonly log: 'WARN' | 'ERROR';
  /** SSH logins to all hosts at the same time; undefined: see SshConnections. */
  readonly maxConnections?: number;
  /** Where the worker tells its metrics; whoever opened the endpoint closes it. */
  readonly metrics?: {
    readonly endpoint: MetricsEndpoint;
    /** As `--config` names it; undefined: it is looked for where commands look. */
    readonly configFile: string | undefined;
  };
}

export interface RunningWorker {
  /** Takes no new tasks, lets go of the running ones as `grace` says, and returns when all is over. */
  stop(): Promise<void>;
  /** Rejects when the worker ends by an error of its own. */
  readonly failed: Promise<never>;
}

const HEALTHY_LIMIT_MS = 30_000;

/** The metrics of a command's run go out with the command, where their database answers; else with the next worker. */
const SENDING_LIMIT_MS = 5_000;

const GRACE = {
  long: { shutdownGraceTime: '30 seconds', shutdownForceTime: '60 seconds' },
  short: { shutdownGraceTime: 0, shutdownForceTime: '10 seconds' },
} as const;

/**
 * Takes tasks of the common queue (Workflows and Activities) and of this machine's own queue (Activities that touch its disk).
 * Throws TemporalUnreachable; InternalError when the workflow bundle was not built.
 */
export async function startWorker({
  settings,
  stateDir,
  grace,
  takeOver,
  log,
  maxConnections,
  metrics,
}: StartWorkerOptions): Promise<RunningWorker> {
  const workflowBundle = { codePath: workflowBundlePath() };
  keepHeapSmall();
  const readSdkMetrics = await installRuntime(workerLog(log), metrics !== undefined);
  const connection = await connectWorker(settings);
  const connections = new SshConnections(maxConnections === undefined ? {} : { total: maxConnections });
  try {
    await registerSearchAttributes(connection, settings.namespace);
    const machine = hostname();
    const { namespace } = settings;
    const warn = (message: string): void => void workerLog(log).warn(message);
    const metricsPoke = new MetricsPoke({ connection, namespace, machine, warn });
    const providers = createProviders({
      machine,
      stateDir,
      connections,
      runs: new TemporalRuns(connection, settings.namespace),
      pastRuns: new TemporalPastRuns(connection, settings.namespace),
      runLimits: new TemporalRunLimits(connection, settings.namespace),
      pokeMetrics: metricsPoke.poke,
    });
    const common: Omit<WorkerOptions, 'taskQueue'> = {
      connection,
      namespace: settings.namespace,
      identity: workerIdentity(),
      activities: createActivities(providers),
      // Activities wait for processes most of the time, but each transfer costs a core's share here.
      maxConcurrentActivityTaskExecutions: 8 * availableParallelism(),
      maxHeartbeatThrottleInterval: '5 seconds',
      ...GRACE[grace],
    };
    const workers = [
      await Worker.create({ ...common, taskQueue: TASK_QUEUE, workflowBundle }),
      await Worker.create({ ...common, taskQueue: machineTaskQueue(machine) }),
    ];
    if (takeOver) await releaseLostAttempts(connection, settings.namespace);
    const beforeStop = (): Promise<void> =>
      grace === 'short' ? metricsPoke.settle(SENDING_LIMIT_MS) : Promise.resolve();
    const worker = running(workers, beforeStop, connection, connections);
    metrics?.endpoint.answer({
      scrape: createScrape({ configFile: metrics.configFile, providers, readSdkMetrics }),
      isHealthy: () => workers.every((one) => one.getState() === 'RUNNING'),
    });
    return worker;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function running(
  workers: readonly Worker[],
  beforeStop: () => Promise<void>,
  connection: NativeConnection,
  connections: SshConnections,
): RunningWorker {
  const runs = workers.map((worker) => worker.run());
  const failed = new Promise<never>((_, reject) => {
    for (const run of runs) run.catch(reject);
  });
  failed.catch(() => {}); // Nobody need listen: `stop` reports it too.
  return {
    failed,
    stop: async () => {
      await beforeStop();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      const ends = await Promise.allSettled(runs);
      await connections.close();
      await connection.close();
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}

/**
 * V8 lets a small heap grow to four times what lives in it before it collects. Lists of a million entries stream through, 50 MB of them
 * alive at a time, so that is 150 MB of garbage; at half as much again a first backup of a million files stays below 300 MB in all, in no more
 * processor time. (`node --v8-options`: the factor is 1 + this percentage.)
 */
const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=50');

async function connectWorker({ connection }: TemporalSettings): Promise<NativeConnection> {
  const deadline = Date.now() + HEALTHY_LIMIT_MS;
  for (;;) {
    try {
      return await NativeConnection.connect(connection);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // A server that has begun to listen a moment ago; the client's connection waits by itself.
      if (reason.includes('not healthy yet') && Date.now() < deadline) {
        await delay(100);
        continue;
      }
      const message = `No Temporal server answers at ${connection.address}: ${reason}`;
      throw new HoldfastError('TemporalUnreachable', message, {}, { cause: error });
    }
  }
}

/** Built by `npm run build` into dist; never made at run time, so that every worker of a version runs the same code. */
function workflowBundlePath(): string {
  const places = ['../workflow-bundle.js', '../../dist/workflow-bundle.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new HoldfastError(
      'InternalError',
      `The workflows were not built (${places[0]} is missing): run \`npm run build\`.`,
    );
  return found;
}
