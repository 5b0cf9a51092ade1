import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ListSizesWorkflowInput, ListSizesWorkflowResult } from '../messages.js';

/** The last known sizes: only workers reach the catalog. */
export async function listSizes(input: ListSizesWorkflowInput): Promise<ListSizesWorkflowResult> {
  try {
    return await step('read the catalog', quick.listSizes, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
