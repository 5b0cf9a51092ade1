import { hostname } from 'node:os';
import { ActivityNotFoundError, Client, isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { startTicks } from '../client/processes.js';
import { failure } from '../core/failures.js';

/** Names this process among all that this machine ever runs. */
export const workerIdentity = (): string => `${process.pid}-${startTicks(process.pid) ?? ''}@${hostname()}`;

/**
 * Frees what a killed worker of this machine had in its hands. The server would find out by missing heartbeats, after a minute; on
 * this machine we know at once, since a worker's identity names its process. An attempt that is freed counts as failed and is
 * retried as its policy says.
 */
export async function releaseLostAttempts(connection: NativeConnection, namespace: string): Promise<void> {
  const client = new Client({ connection, namespace });
  for await (const { workflowId, runId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    const execution = { workflowId, runId };
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    // Else the server offers the Workflow's next task to the dead worker first, for ten seconds.
    await connection.workflowService.resetStickyTaskQueue({ namespace, execution }).catch(unlessOver);
    for (const { activityId, state, lastWorkerIdentity } of raw.pendingActivities ?? []) {
      if (Number(state) !== STARTED || !activityId || !isLost(lastWorkerIdentity ?? '')) continue;
      await client.activity.fail({ ...execution, activityId }, lost(lastWorkerIdentity ?? '')).catch(unlessOver);
    }
  }
}

/** `PendingActivityState` of Temporal's API. */
const STARTED = 2;

function isLost(identity: string): boolean {
  const [, pid, begun, machine] = /^(\d+)-(\d+)@(.*)$/.exec(identity) ?? [];
  return machine === hostname() && startTicks(Number(pid)) !== begun;
}

function lost(identity: string): ApplicationFailure {
  const { type, message, ...rest } = failure('WorkerLost', `the worker ${identity} was killed while it did this`);
  return ApplicationFailure.create({ type, message, nonRetryable: false, details: [{ type, message, ...rest }] });
}

/** It may have ended by itself since we looked. */
function unlessOver(error: unknown): void {
  const isOver =
    error instanceof ActivityNotFoundError || (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND);
  if (!isOver) throw error;
}

/** Status code of gRPC. */
const NOT_FOUND = 5;
