import { machineTaskQueue, sendMetricsWorkflowId } from '../ids.js';
import type { CatalogPlan } from '../plan.js';

/** The one Workflow that sends what waits in a catalog for a configuration's metrics database. */
export interface MetricsSender {
  readonly workflowId: string;
  readonly input: SenderInput;
}

export interface SenderInput {
  readonly configPath: string;
  /** Of the machine whose file the catalog is; absent: all workers share one. */
  readonly taskQueue?: string;
}

/** @param catalog undefined: each machine has a file of its own, so that what its worker noted is sent by itself */
export function senderOf(configPath: string, catalog: CatalogPlan | undefined, machine: string): MetricsSender {
  return catalog === undefined
    ? {
        workflowId: sendMetricsWorkflowId(configPath, machine),
        input: { configPath, taskQueue: machineTaskQueue(machine) },
      }
    : { workflowId: sendMetricsWorkflowId(configPath), input: { configPath } };
}
