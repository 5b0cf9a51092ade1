import { workflowInfo } from '@temporalio/workflow';
import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { PinSnapshotsWorkflowInput, PinSnapshotsWorkflowResult } from '../messages.js';

/** Keeps snapshots of a mirror from rotation, or hands them back to it. */
export async function pinSnapshots(input: PinSnapshotsWorkflowInput): Promise<PinSnapshotsWorkflowResult> {
  const { workflowId, runId } = workflowInfo();
  const { host, source, pinned, names } = input;
  const summary = `${pinned ? 'pin' : 'unpin'} ${names.length} of ${host}/${source}`;
  try {
    return await step(summary, quick.pinSnapshots, { ...input, nowMs: Date.now(), run: { workflowId, runId } });
  } catch (error) {
    throw endAs(failureOfActivity(error, { host, source }));
  }
}
