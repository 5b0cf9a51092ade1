import { standard, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ListFilesWorkflowInput, ListFilesWorkflowResult } from '../messages.js';

/** Reads a page of what a directory holds at a point in time. */
export async function listFiles(input: ListFilesWorkflowInput): Promise<ListFilesWorkflowResult> {
  try {
    return await step('read the index', standard.listFiles, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
