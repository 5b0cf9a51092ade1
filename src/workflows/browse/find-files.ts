import { standard, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { FindFilesWorkflowInput, FindFilesWorkflowResult } from '../messages.js';

/** Looks for files in the indexes of all backups, for a page of answers. */
export async function findFiles(input: FindFilesWorkflowInput): Promise<FindFilesWorkflowResult> {
  try {
    return await step('search the indexes', standard.findFiles, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
