import { workflowInfo } from '@temporalio/workflow';
import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { PinBackupsWorkflowInput, PinBackupsWorkflowResult } from '../messages.js';

/** Keeps backups from retention, or hands them back to it. */
export async function pinBackups(input: PinBackupsWorkflowInput): Promise<PinBackupsWorkflowResult> {
  const { workflowId, runId } = workflowInfo();
  const { host, source, pinned, ids } = input;
  const summary = `${pinned ? 'pin' : 'unpin'} ${ids.length} of ${host}/${source}`;
  try {
    return await step(summary, quick.pinBackups, { ...input, nowMs: Date.now(), run: { workflowId, runId } });
  } catch (error) {
    throw endAs(failureOfActivity(error, { host, source }));
  }
}
