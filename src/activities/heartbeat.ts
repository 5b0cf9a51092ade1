import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { FailurePlace } from '../core/failures.js';
import type { ActivityControl } from './activity-control.js';
import { toTemporalFailure } from './failure-mapping.js';

const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * Runs an Activity's work with what it needs from Temporal. Heartbeats come from a timer, so that they do not stop when data
 * stalls; each carries the latest progress.
 */
export async function underHeartbeat<T>(
  place: FailurePlace,
  work: (control: ActivityControl) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const { info, cancellationSignal: signal, log } = context;
  let latest: Readonly<Record<string, string | number>> = {};
  const beat = (): void => context.heartbeat(latest);
  // Local Activities have no heartbeat; others learn of their cancellation through it only.
  const timer =
    info.heartbeatTimeoutMs === undefined ? undefined : setInterval(beat, intervalFor(info.heartbeatTimeoutMs));
  if (timer) beat();
  try {
    return await work({
      signal,
      attempt: info.attempt,
      attemptToken: `${(info.workflowExecution?.runId ?? info.activityId).slice(0, 8)}-${info.attempt}-${randomBytes(3).toString('hex')}`,
      progress: (details) => {
        latest = details;
      },
      log: (level, message, fields) => {
        log[level](message, { ...place, ...(fields === undefined ? {} : { details: fields }) });
      },
    });
  } catch (error) {
    throw toTemporalFailure(error, place, signal);
  } finally {
    clearInterval(timer);
  }
}

const intervalFor = (heartbeatTimeoutMs: number): number => Math.min(HEARTBEAT_INTERVAL_MS, heartbeatTimeoutMs / 3);
