import { ApplicationFailure } from '@temporalio/common';
import { sleep } from '@temporalio/workflow';
import type { ProbeHostResult } from '../../activities/contract.js';
import { pauseBeforeLook, waitText } from '../../core/hosts/wait.js';
import type { HostPlan } from '../../core/plan.js';
import { summaryOf } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { HostRecord } from './host-record.js';
import { withoutLane } from './lane-release.js';
import { probe } from './probe.js';

/**
 * Looks at the host. One that does not answer is waited for as long as its `wait_for_host` says: each look is a step of its own, each pause a
 * timer, both seen in the Temporal UI, and other hosts go on meanwhile. Throws what the last look ended with.
 */
export async function lookUntilItAnswers(host: HostPlan, record: HostRecord): Promise<ProbeHostResult> {
  const look = (): Promise<ProbeHostResult> => probe(host);
  const limitMs = host.waitForHostMs ?? 0;
  try {
    return await look();
  } catch (error) {
    if (!isAway(error) || limitMs === 0) throw error;
    return withoutLane(host.name, () => lookAgain(host.name, limitMs, look, record, error));
  }
}

async function lookAgain(
  name: string,
  limitMs: number,
  look: () => Promise<ProbeHostResult>,
  record: HostRecord,
  firstError: unknown,
): Promise<ProbeHostResult> {
  const beganAtMs = Date.now();
  let lastError = firstError;
  for (let looks = 1; ; looks += 1) {
    const waitedMs = Date.now() - beganAtMs;
    const pauseMs = pauseBeforeLook(waitedMs, limitMs);
    record.waits({ waitedMs, looks, limitMs });
    if (pauseMs === undefined) throw waitedInVain(lastError, waitedMs, looks);
    await sleep(pauseMs, { summary: summaryOf(`${name} does not answer; look ${looks + 1} follows`) });
    try {
      const seen = await look();
      record.waits({ waitedMs: Date.now() - beganAtMs, looks: looks + 1, limitMs, answered: true });
      return seen;
    } catch (error) {
      if (!isAway(error)) throw error;
      lastError = error;
    }
  }
}

const isAway = (error: unknown): boolean => failureOfActivity(error).type === 'HostUnreachable';

function waitedInVain(lastError: unknown, waitedMs: number, looks: number): ApplicationFailure {
  const { type, message } = failureOfActivity(lastError);
  return ApplicationFailure.create({
    type,
    message: `${message} (waited for it for ${waitText(waitedMs)}, ${looks} looks)`,
    nonRetryable: true,
  });
}
