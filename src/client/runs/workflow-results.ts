import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { HoldfastError, isFailureType } from '../../core/failures.js';
import { RESULT_MEMO } from '../../workflows/messages.js';

/**
 * Waits for a run and gives its result, also of one that Temporal shows as Failed (it stands in the failure) or Cancelled (in the memo).
 * Throws HoldfastError for a run that left none: an Activity's own failure, `Cancelled`, `TimedOut`.
 */
export async function resultOf<Result>(handle: WorkflowHandle): Promise<Result> {
  try {
    return (await handle.result()) as Result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const left = error.cause instanceof CancelledFailure ? await resultInMemo(handle) : resultInDetails(error.cause);
    if (left !== undefined) return left as Result;
    throw withoutResult(handle.workflowId, error);
  }
}

/** Only a run's result has a kind; other failures carry details of their own. */
const isResult = (value: unknown): boolean => typeof value === 'object' && value !== null && 'kind' in value;

function resultInDetails(cause: Error | undefined): unknown {
  const detail = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  return isResult(detail) ? detail : undefined;
}

async function resultInMemo(handle: WorkflowHandle): Promise<unknown> {
  const { memo } = await handle.describe();
  const left = memo?.[RESULT_MEMO];
  return isResult(left) ? left : undefined;
}

function withoutResult(workflowId: string, error: WorkflowFailedError): HoldfastError {
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    return new HoldfastError(cause.type, cause.message, {}, { cause: error });
  }
  const what = `The Workflow ${workflowId}`;
  if (cause instanceof CancelledFailure) return new HoldfastError('Cancelled', `${what} was cancelled.`);
  if (cause instanceof TerminatedFailure) {
    return new HoldfastError(
      'Cancelled',
      `${what} was terminated: nothing was cleaned up, post scripts may not have run.`,
    );
  }
  if (cause instanceof TimeoutFailure) return new HoldfastError('TimedOut', `${what} ran out of time.`);
  return new HoldfastError('InternalError', `${what} failed: ${cause?.message ?? error.message}`, {}, { cause: error });
}
