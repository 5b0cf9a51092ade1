import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { type ScanSizesInput, WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';

/** The scan of all sizes of a configuration that goes on at this moment; one of another configuration, or of a part, tells nothing of the rest. */
export async function runningSizeScan(
  { client }: TemporalConnection,
  configPath: string,
): Promise<WorkflowHandle | undefined> {
  const query = `WorkflowType = '${WORKFLOW.scanSizes}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const input = await inputOf(client, { workflowId, runId });
    if (input?.configPath !== configPath) continue;
    const { hosts, sources, tags } = input.selection;
    if (hosts.length + sources.length + tags.length === 0) return client.workflow.getHandle(workflowId);
  }
  return undefined;
}

/** As the first event of its history has it. */
async function inputOf(
  { workflowService, options: { namespace } }: TemporalConnection['client'],
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<ScanSizesInput | undefined> {
  const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  return payload === undefined || payload === null
    ? undefined
    : defaultPayloadConverter.fromPayload<ScanSizesInput>(payload);
}
