/**
 * How Activities are timed, retried and cancelled: named and complete, so that no call forgets its retry cap or its cancellation.
 *
 * What is not worth another attempt says so itself (the failure catalogue makes its ApplicationFailure non-retryable); the caps here
 * bound the rest. A worker that dies is noticed by the missing heartbeat, and that costs an attempt too: hence caps are generous
 * where work is long. Cancelled Activities are waited for, because a Workflow that moved on would run its post script while the
 * transfer still reads.
 */
import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityFunctionWithOptions,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { RetryPolicy } from '@temporalio/common';
import type { HoldfastActivities } from '../activities/contract.js';

/** All of it is needed: a profile without its retry cap or its cancellation does not compile. */
type Profile = Required<
  Pick<ActivityOptions, 'startToCloseTimeout' | 'scheduleToCloseTimeout' | 'heartbeatTimeout' | 'cancellationType'>
> & {
  readonly retry: RetryPolicy &
    Required<Pick<RetryPolicy, 'initialInterval' | 'backoffCoefficient' | 'maximumInterval' | 'maximumAttempts'>>;
};

const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
/** Tried again by the Workflow, from a new plan; the same step again would meet the same. */
const nonRetryableErrorTypes = ['ChainMoved'];

const PROFILES = {
  /** One short look at a host or destination: four attempts within half a minute, unless the other side keeps us waiting. */
  quick: {
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: '15 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds', maximumAttempts: 4 },
    cancellationType,
  },
  /** Looks at whole sources, plans, commits: minutes to hours with a million files; goes on trying for some six minutes. */
  standard: {
    startToCloseTimeout: '12 hours',
    scheduleToCloseTimeout: '24 hours',
    heartbeatTimeout: '60 seconds',
    retry: {
      initialInterval: '2 seconds',
      backoffCoefficient: 2,
      maximumInterval: '60 seconds',
      maximumAttempts: 10,
      nonRetryableErrorTypes,
    },
    cancellationType,
  },
  /** What must be done even if the host is away for a while (post scripts start what pre scripts stopped): tries for half an hour. */
  patient: {
    startToCloseTimeout: '24 hours',
    scheduleToCloseTimeout: '48 hours',
    heartbeatTimeout: '60 seconds',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '2 minutes', maximumAttempts: 20 },
    cancellationType,
  },
  /** Moves data: a day long at most; goes on trying for three quarters of an hour of failures. */
  transfer: {
    startToCloseTimeout: '24 hours',
    scheduleToCloseTimeout: '72 hours',
    heartbeatTimeout: '60 seconds',
    retry: {
      initialInterval: '2 seconds',
      backoffCoefficient: 2,
      maximumInterval: '2 minutes',
      maximumAttempts: 30,
      nonRetryableErrorTypes,
    },
    cancellationType,
  },
  /** Waits for its machine's worker however long that is away. What is not the worker's fault, the Workflow tries again: it has better pauses, and can say so. */
  sending: {
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: '365 days',
    heartbeatTimeout: '30 seconds',
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '60 seconds',
      maximumAttempts: 10,
      nonRetryableErrorTypes: ['MetricsUnreachable', 'CatalogUnavailable'],
    },
    cancellationType,
  },
  /** Must not be repeated: what it sent cannot be taken back. */
  once: {
    startToCloseTimeout: '24 hours',
    scheduleToCloseTimeout: '25 hours',
    heartbeatTimeout: '60 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 1, maximumInterval: '1 second', maximumAttempts: 1 },
    cancellationType,
  },
} as const satisfies Record<string, Profile>;

export const quick = proxyActivities<HoldfastActivities>(PROFILES.quick);
/** What has time: where workers are busy, the steps of backups and restores come first (5 is the lowest priority, 3 the usual one). */
export const background = proxyActivities<HoldfastActivities>({ ...PROFILES.standard, priority: { priorityKey: 5 } });
export const standard = proxyActivities<HoldfastActivities>(PROFILES.standard);
export const patient = proxyActivities<HoldfastActivities>(PROFILES.patient);
export const transfer = proxyActivities<HoldfastActivities>(PROFILES.transfer);
export const sending = proxyActivities<HoldfastActivities>(PROFILES.sending);
export const once = proxyActivities<HoldfastActivities>(PROFILES.once);

/**
 * Reading the configuration and writing a mirror's state file run no process and take milliseconds: no task queue, no heartbeat. A disk that is
 * away for a moment is waited for, some minutes in all.
 */
export const local = proxyLocalActivities<
  Pick<HoldfastActivities, 'listHosts' | 'loadHost' | 'commitMirror' | 'dueSnapshots'>
>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '60 seconds', maximumAttempts: 10 },
  cancellationType,
});

/**
 * What has ended is noted while its Workflow waits: a catalog that does not answer holds nobody up for longer than this.
 */
export const noting = proxyLocalActivities<Pick<HoldfastActivities, 'noteEnded'>>({
  startToCloseTimeout: '7 seconds',
  scheduleToCloseTimeout: '15 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 1,
    maximumInterval: '500 milliseconds',
    maximumAttempts: 2,
  },
  cancellationType,
});

/**
 * One quick look at a host that answers, as most do. While a local Activity runs, its Workflow hears nothing and holds one of the worker's
 * slots: a host that keeps us waiting is looked at again with `quick`.
 */
export const glance = proxyLocalActivities<Pick<HoldfastActivities, 'probeHost'>>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1, maximumInterval: '1 second', maximumAttempts: 1 },
  cancellationType,
});

/** One step of a run. `summary` is the line that the Temporal UI shows for it. */
export function step<Input, Output>(
  summary: string,
  activity: ActivityFunctionWithOptions<(input: Input) => Promise<Output>>,
  input: Input,
  options: Pick<ActivityOptions, 'startToCloseTimeout' | 'scheduleToStartTimeout' | 'taskQueue'> = {},
): Promise<Output> {
  return activity.executeWithOptions({ ...options, summary: summaryOf(summary) }, [input]);
}

/** Temporal takes 200 bytes; names may be longer, and of any script. */
export function summaryOf(text: string): string {
  const encoder = new TextEncoder();
  let summary = [...text].slice(0, 200).join('');
  while (encoder.encode(summary).length > 200) summary = [...summary].slice(0, -8).join('');
  return summary;
}
