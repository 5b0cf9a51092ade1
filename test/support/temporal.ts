import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { HoldfastActivities } from '../../src/activities/contract.js';
import { findTemporal } from '../../src/client/embedded/temporal-binary.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/search-attributes.js';

const quiet = new DefaultLogger('ERROR');
Runtime.install({ logger: quiet });

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflows as a Worker runs them; built once per test file. */
export const workflowBundle = (): Promise<WorkflowBundleWithSourceMap> =>
  (bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    logger: quiet,
  }));

export interface TemporalForTests {
  readonly environment: TestWorkflowEnvironment;
  /**
   * Runs `test` with a Worker on a task queue of its own, stops the Worker, and replays what was started: each test also proves that
   * its Workflows survive the end of their worker.
   */
  readonly withWorker: <Result>(
    activities: HoldfastActivities,
    test: (runs: Runs) => Promise<Result>,
    options?: WorkerForTests,
  ) => Promise<Result>;
  readonly stop: () => Promise<void>;
}

export interface WorkerForTests {
  /** Where Workflows name a queue themselves. */
  readonly taskQueue?: string;
}

/** Starts Workflows on the task queue of one test. */
export interface Runs {
  readonly taskQueue: string;
  readonly start: (type: string, input: unknown, workflowId?: string) => Promise<WorkflowHandle>;
}

/** A real Temporal server of its own, from where Holdfast itself finds it; fails when there is none. */
export async function startTemporal(extraArgs: readonly string[] = []): Promise<TemporalForTests> {
  const path = await findTemporal({ note: () => undefined });
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => defineSearchAttributeKey(name, type)),
      log: { format: 'pretty', level: 'error' },
      extraArgs: [...extraArgs],
    },
  });
  return {
    environment,
    withWorker: (activities, test, options = {}) => withWorker(environment, activities, test, options),
    stop: () => environment.teardown(),
  };
}

async function withWorker<Result>(
  { nativeConnection, client }: TestWorkflowEnvironment,
  activities: HoldfastActivities,
  test: (runs: Runs) => Promise<Result>,
  { taskQueue = `test-${randomUUID()}` }: WorkerForTests,
): Promise<Result> {
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities,
    maxHeartbeatThrottleInterval: '50 ms',
    // A Workflow that does not replay as it ran must fail here, not stick.
    workflowFailureErrorTypes: { '*': ['NondeterminismError'] },
  });
  const started: WorkflowHandle[] = [];
  const start: Runs['start'] = async (type, input, workflowId = `${type}/${randomUUID()}`) => {
    const handle = await client.workflow.start(type, { taskQueue, workflowId, args: [input] });
    started.push(handle);
    return handle;
  };
  const result = await worker.runUntil(test({ taskQueue, start }));
  await replay(started);
  return result;
}

async function replay(handles: readonly WorkflowHandle[]): Promise<void> {
  const histories = await Promise.all(
    handles.map(async (handle) => ({ workflowId: handle.workflowId, history: await handle.fetchHistory() })),
  );
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: await workflowBundle() },
    histories,
  )) {
    if (error !== undefined) throw new Error(`${workflowId} does not replay`, { cause: error });
  }
}
