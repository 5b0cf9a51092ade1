import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { OpenRuns, RestoringSource } from '../providers/runs/open-runs.js';

/** What the Temporal server knows of other runs. It forgets closed ones after its retention: what it does not know is not going on. */
export class TemporalRuns implements OpenRuns {
  readonly #client: Client;

  constructor(connection: NativeConnection, namespace: string) {
    this.#client = new Client({ connection, namespace });
  }

  async isOpen({ workflowId, runId }: { workflowId: string; runId?: string }): Promise<boolean | undefined> {
    try {
      const { status } = await this.#client.workflow.getHandle(workflowId, runId).describe();
      return status.name === 'RUNNING' || status.name === 'PAUSED';
    } catch (error) {
      return error instanceof WorkflowNotFoundError ? false : undefined;
    }
  }

  async restoring(): Promise<readonly RestoringSource[] | undefined> {
    const query = "ExecutionStatus = 'Running' AND WorkflowType IN ('restore', 'restoreDrill')";
    const found: RestoringSource[] = [];
    try {
      for await (const { searchAttributes } of this.#client.workflow.list({ query })) {
        const [host, source] = [searchAttributes['HoldfastHost']?.[0], searchAttributes['HoldfastSource']?.[0]];
        found.push({
          ...(typeof host === 'string' ? { host } : {}),
          ...(typeof source === 'string' ? { source } : {}),
        });
      }
      return found;
    } catch {
      return undefined;
    }
  }
}
