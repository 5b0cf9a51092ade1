import { WithStartWorkflowOperation } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricsNotedSignal, sendNowUpdate } from '../../../src/workflows/messages.js';
import { recordActivities } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  // Histories that are long after a few steps.
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40']);
});
afterAll(() => temporal.stop());

test('it goes on in new executions, and nothing that was asked for in between is lost', async () => {
  const waiting = { noted: 0, sent: 0 };
  const { activities } = recordActivities([], {
    sendMetrics: async () => {
      const sent = waiting.noted - waiting.sent;
      waiting.sent = waiting.noted;
      return { configured: true, sent, refused: 0, left: 0 };
    },
  });
  await temporal.withWorker(activities, async ({ taskQueue }) => {
    const { client } = temporal.environment;
    const workflowId = 'metrics//etc/holdfast.yaml';
    for (let round = 0; round < 40; round += 1) {
      waiting.noted += 1;
      if (round > 0 && round % 3 === 0) await client.workflow.getHandle(workflowId).signal(metricsNotedSignal, 'now');
      else {
        const startWorkflowOperation = new WithStartWorkflowOperation('sendMetrics', {
          taskQueue,
          workflowId,
          args: [{ configPath: '/etc/holdfast.yaml' }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
        await client.workflow.executeUpdateWithStart(sendNowUpdate, { startWorkflowOperation });
        expect(waiting.sent).toBe(waiting.noted);
      }
    }
    const executions: string[] = [];
    await expect
      .poll(async () => {
        executions.length = 0;
        for await (const { status } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
          executions.push(status.name);
        return executions.length;
      })
      .toBeGreaterThan(2);
    expect(executions.filter((status) => status === 'RUNNING')).toHaveLength(1);
    expect(executions.filter((status) => status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW')).toEqual([]);
    await client.workflow.getHandle(workflowId).terminate();
  });
});
