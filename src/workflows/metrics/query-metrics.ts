import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { QueryMetricsWorkflowInput, QueryMetricsWorkflowResult } from '../messages.js';

/** A page of what the metrics database has of backups. */
export async function queryMetrics(input: QueryMetricsWorkflowInput): Promise<QueryMetricsWorkflowResult> {
  try {
    return await step('ask the metrics database', quick.queryMetrics, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
