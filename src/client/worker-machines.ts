import { hostname } from 'node:os';
import { TASK_QUEUE } from '../core/ids.js';
import type { TemporalConnection } from './connection.js';

/** The machines whose workers take tasks. A worker's identity names its machine (workers/lost-attempts.ts). */
export async function workerMachines({ client, namespace, ownWorker }: TemporalConnection): Promise<string[]> {
  if (ownWorker) return [hostname()];
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: ACTIVITY_TASKS,
  });
  const named = (pollers ?? []).flatMap(({ identity }) => /^\d+-\d*@(.+)$/.exec(identity ?? '')?.[1] ?? []);
  return named.length === 0 ? [hostname()] : [...new Set(named)].sort();
}

/** `TaskQueueType` of Temporal's API. */
const ACTIVITY_TASKS = 2;
