import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ListSnapshotsWorkflowInput, ListSnapshotsWorkflowResult } from '../messages.js';

/** One page of the snapshots that there are, with what a prune would do. */
export async function listSnapshots(input: ListSnapshotsWorkflowInput): Promise<ListSnapshotsWorkflowResult> {
  try {
    return await step('see which snapshots there are', quick.listSnapshots, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
