import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { restoreWorkflowId, TASK_QUEUE } from '../core/ids.js';
import type { RestoreInput } from '../workflows/messages.js';
import { WORKFLOW } from '../workflows/messages.js';
import type { TemporalConnection } from './connection.js';

/** Starts a restore under an id of its own. */
export function startRestore(connection: TemporalConnection, input: RestoreInput): Promise<WorkflowHandle> {
  const { host, source } = input.request;
  const stamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return connection.client.workflow.start(WORKFLOW.restore, {
    taskQueue: TASK_QUEUE,
    workflowId: restoreWorkflowId(host, source, `${stamp}-${randomBytes(3).toString('hex')}`),
    args: [input],
    staticSummary: `restore of ${host}:${source}`.slice(0, 200),
  });
}
