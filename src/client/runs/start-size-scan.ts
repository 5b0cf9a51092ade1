import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { sizeScanWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import type { ScanSizesInput } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';

export function startSizeScan({ client }: TemporalConnection, input: ScanSizesInput): Promise<WorkflowHandle> {
  const { hosts } = input.selection;
  return client.workflow.start(WORKFLOW.scanSizes, {
    taskQueue: TASK_QUEUE,
    workflowId: sizeScanWorkflowId(Date.now(), randomBytes(3).toString('hex')),
    args: [input],
    staticSummary: `sizes of ${hosts.length === 0 ? 'all hosts' : hosts.slice(0, 5).join(', ')}`.slice(0, 200),
  });
}
