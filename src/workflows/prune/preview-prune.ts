import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { PrunePreviewInput, PrunePreviewResult } from '../messages.js';

/** One page of what a prune would do. */
export async function previewPrune(input: PrunePreviewInput): Promise<PrunePreviewResult> {
  try {
    return await step('see what the rules keep', quick.previewPrune, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
