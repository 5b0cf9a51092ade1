import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ReadReportWorkflowInput, ReadReportWorkflowResult } from '../messages.js';

/** A page of a report on the fleet: only workers reach the catalog. */
export async function readReport(input: ReadReportWorkflowInput): Promise<ReadReportWorkflowResult> {
  try {
    return await step('read history', quick.readReport, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
