import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ListBackupsWorkflowInput, ListBackupsWorkflowResult } from '../messages.js';

/** Reads what backups there are, on a worker: only workers reach the destinations. */
export async function listBackups(input: ListBackupsWorkflowInput): Promise<ListBackupsWorkflowResult> {
  try {
    return await step('read the manifests', quick.listBackups, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
