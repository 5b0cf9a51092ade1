import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { FailureEvidence } from '../core/errors/evidence.js';
import { FAILURES, failureOf, isHoldfastError, type FailurePlace } from '../core/failures.js';

/**
 * The one way from any error to what Temporal records: the catalogue's type, retryable or not as the catalogue says, and the failure
 * as plain data in `details[0]`, what programs said of it (`FailureEvidence`) in `details[1]`. What a cancellation, a time limit or the worker's end cut off is a CancelledFailure whatever the
 * cut-off work threw: it is not the work's fault, and must not end its retries.
 */
export function toTemporalFailure(
  error: unknown,
  place: FailurePlace,
  signal: AbortSignal,
): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const failure = failureOf(error, place);
  if (signal.aborted) return new CancelledFailure(failure.message);
  return ApplicationFailure.create({
    type: failure.type,
    message: failure.message,
    nonRetryable: !FAILURES[failure.type].retryable,
    details: [failure, ...evidenceOf(error)],
    // A known failure says all in its message; of an unknown one the stack is wanted.
    ...(failure.type === 'InternalError' && error instanceof Error ? { cause: error } : {}),
  });
}

const evidenceOf = (error: unknown): FailureEvidence[] =>
  isHoldfastError(error) && error.evidence !== undefined ? [error.evidence] : [];
