import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { hostWaitsSignal } from '../messages.js';
import { always } from '../scopes.js';

/**
 * Waits within a hostBackup while its run goes on with other hosts as if this one were not at work. Where no run started it, it just waits. The host
 * goes on at once when the waiting is over, whether a lane is free or not.
 */
export async function withoutLane<T>(host: string, wait: () => Promise<T>): Promise<T> {
  const { parent } = workflowInfo();
  if (parent === undefined) return wait();
  // By its Workflow ID alone: the run may continue as a new execution. A run that has ended needs no lanes.
  const run = getExternalWorkflowHandle(parent.workflowId);
  const tell = (waiting: boolean): Promise<void> =>
    always(() => run.signal(hostWaitsSignal, { host, waiting })).catch(() => undefined);
  await tell(true);
  try {
    return await wait();
  } finally {
    await tell(false);
  }
}
