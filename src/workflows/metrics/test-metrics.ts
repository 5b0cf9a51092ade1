import { quick, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { TestMetricsWorkflowInput, TestMetricsWorkflowResult } from '../messages.js';

/** What works of the metrics database, and what does not. */
export async function testMetrics(input: TestMetricsWorkflowInput): Promise<TestMetricsWorkflowResult> {
  try {
    return await step('ask the metrics database', quick.testMetrics, input);
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}
