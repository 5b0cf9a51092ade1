import { WithStartWorkflowOperation } from '@temporalio/client';
import { TASK_QUEUE } from '../../core/ids.js';
import type { MetricsSender } from '../../core/metrics/sender.js';
import { type SentNow, sendNowUpdate, WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';

/** Has a sender, which is started if there is none, send what waits and the fleet's state. What it cannot send it tells, and goes on trying where that may help. */
export async function sendNow(
  { client, workerFailed }: TemporalConnection,
  { workflowId, input }: MetricsSender,
): Promise<SentNow> {
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.sendMetrics, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
    staticSummary: `metrics of ${input.configPath}`.slice(0, 200),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const answer = client.workflow.executeUpdateWithStart(sendNowUpdate, { startWorkflowOperation });
  return Promise.race([answer, workerFailed]);
}
