import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import { standard, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { BackfillMetricsWorkflowInput, BackfillMetricsWorkflowResult } from '../messages.js';

/** Brings history up to date from what Temporal still knows of runs, and marks all of it since then as to be sent; `sendMetrics` does the rest. */
export async function backfillMetrics(input: BackfillMetricsWorkflowInput): Promise<BackfillMetricsWorkflowResult> {
  const { configPath, sinceMs, carried } = input;
  const where = input.taskQueue === undefined ? {} : { taskQueue: input.taskQueue };
  let added = carried?.added ?? 0;
  let after = carried?.after;
  try {
    do {
      const query = { configPath, sinceMs, ...(after === undefined ? {} : { after }) };
      const page = await step('read what Temporal knows of runs', standard.collectHistory, query, where);
      added += page.added;
      after = page.next;
    } while (after !== undefined && !workflowInfo().continueAsNewSuggested);
    if (after === undefined) {
      const what = 'mark what is to be sent again';
      const { marked } = await step(what, standard.backfillMetrics, { configPath, sinceMs }, where);
      return { added, marked };
    }
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
  return continueAsNew<typeof backfillMetrics>({ ...input, carried: { added, after } });
}
