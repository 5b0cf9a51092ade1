import { existsSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/create-activities.js';
import type { TemporalSettings } from '../client/temporal-settings.js';
import { HoldfastError } from '../core/failures.js';
import { machineTaskQueue, TASK_QUEUE } from '../core/ids.js';
import { SshConnections } from '../providers/remote/ssh-connections.js';
import { releaseLostAttempts, workerIdentity } from './lost-attempts.js';
import { createProviders } from './providers.js';
import { registerSearchAttributes } from './search-attributes.js';
import { TemporalRunLimits } from './temporal-run-limits.js';
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
}

export interface RunningWorker {
  /** Takes no new tasks, lets go of the running ones as `grace` says, and returns when all is over. */
  stop(): Promise<void>;
  /** Rejects when the worker ends by an error of its own. */
  readonly failed: Promise<never>;
}

const HEALTHY_LIMIT_MS = 30_000;

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
}: StartWorkerOptions): Promise<RunningWorker> {
  const workflowBundle = { codePath: workflowBundlePath() };
  keepHeapSmall();
  installRuntime(log);
  const connection = await connectWorker(settings);
  const connections = new SshConnections(maxConnections === undefined ? {} : { total: maxConnections });
  try {
    await registerSearchAttributes(connection, settings.namespace);
    const machine = hostname();
    const providers = createProviders({
      machine,
      stateDir,
      connections,
      runs: new TemporalRuns(connection, settings.namespace),
      runLimits: new TemporalRunLimits(connection, settings.namespace),
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
    return running(workers, connection, connections);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function running(workers: readonly Worker[], connection: NativeConnection, connections: SshConnections): RunningWorker {
  const runs = workers.map((worker) => worker.run());
  const failed = new Promise<never>((_, reject) => {
    for (const run of runs) run.catch(reject);
  });
  failed.catch(() => {}); // Nobody need listen: `stop` reports it too.
  return {
    failed,
    stop: async () => {
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

/** Once per process. Signals are the commands' business; the log goes to standard error. */
function installRuntime(log: 'WARN' | 'ERROR'): void {
  if (Runtime._instance === undefined) Runtime.install({ logger: workerLog(log), shutdownSignals: [] });
}

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
