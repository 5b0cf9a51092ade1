import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { ProbeHostResult } from '../../activities/contract.js';
import { FAILURES } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { glance, quick, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';

/** Looks at a host. One that does not answer within seconds, or not well, is looked at again, with patience. */
export async function probe(host: HostPlan): Promise<ProbeHostResult> {
  const input = { host };
  try {
    return await step(`look at ${host.name}`, glance.probeHost, input);
  } catch (error) {
    if (isCancellation(error) || isFinal(error)) throw error;
    return step(`look at ${host.name} again`, quick.probeHost, input);
  }
}

/** Another attempt would end the same: an unknown host key, a refused login. A time-out of the first look says nothing yet. */
function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && !FAILURES[failureOfActivity(error).type].retryable;
}
