import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { upsertMemo } from '@temporalio/workflow';
import type { Failure } from '../core/failures.js';
import type { Status } from '../core/statuses.js';
import { RESULT_MEMO } from './messages.js';
import { markStatus } from './run-search-attributes.js';
import { isCancelled } from './scopes.js';

/** What every run's result says of the run as a whole. */
export interface Concludable {
  readonly status: Status;
  readonly failure?: Failure;
}

/**
 * Ends a run so that Temporal shows what it was: a failed run is Failed, a cancelled one Cancelled, the others Completed. A failure carries
 * the result in its details; a cancellation can carry nothing, so the result goes into the memo. `resultOf` of the client finds all three.
 *
 * @param worst the part's failure that decided the status; without it, the failure of the result as a whole
 */
export function conclude<Result extends Concludable>(result: Result, worst?: Failure): Result {
  markStatus(result.status);
  const reason = worst ?? result.failure;
  switch (result.status) {
    case 'failed':
      throw endedBy(reason?.type ?? 'InternalError', reason?.message ?? 'It failed without a reason.', result);
    case 'cancelled':
      // Temporal lets only a Workflow that was asked to end as Cancelled do so; here a part of it was cancelled by hand.
      if (!isCancelled()) throw endedBy('Cancelled', reason?.message ?? 'A part of the run was cancelled.', result);
      upsertMemo({ [RESULT_MEMO]: result });
      throw new CancelledFailure('The run was cancelled.');
    case 'ok':
    case 'warning':
    case 'skipped':
    case 'held':
      return result;
  }
}

/** For short Workflows, which have no result to show when they fail. */
export const endAs = ({ type, message }: Failure): ApplicationFailure | CancelledFailure =>
  type === 'Cancelled'
    ? new CancelledFailure(message)
    : ApplicationFailure.create({ type, message, nonRetryable: true });

const endedBy = (type: Failure['type'], message: string, result: Concludable): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true, details: [result] });
