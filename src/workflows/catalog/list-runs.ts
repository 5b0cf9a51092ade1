import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ListRunsWorkflowInput, ListRunsWorkflowResult } from '../messages.js';

/** Runs that the catalog knows, also those that Temporal no longer keeps. */
export async function listRuns(input: ListRunsWorkflowInput): Promise<ListRunsWorkflowResult> {
  try {
    return await step('read the catalog', quick.listRuns, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
