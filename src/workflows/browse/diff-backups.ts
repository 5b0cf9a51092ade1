import { standard, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { DiffBackupsWorkflowInput, DiffBackupsWorkflowResult } from '../messages.js';

/** Compares two points of one source, for a page of differences. */
export async function diffBackups(input: DiffBackupsWorkflowInput): Promise<DiffBackupsWorkflowResult> {
  try {
    return await step('compare the indexes', standard.diffBackups, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
