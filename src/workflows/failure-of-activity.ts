import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { failure, failureOf, isFailureType, type Failure, type FailurePlace } from '../core/failures.js';

/**
 * What a Workflow caught, as an entry of the failure catalogue. Only names cross the boundary between an Activity and a Workflow,
 * so the catalogue's entry is found by the failure's type; what has none of ours is `InternalError`.
 */
export function failureOfActivity(error: unknown, place: FailurePlace = {}, subject = 'The step'): Failure {
  if (error instanceof ActivityFailure) return failureOfActivity(error.cause, place, `The step ${error.activityType}`);
  if (error instanceof ChildWorkflowFailure) {
    return failureOfActivity(error.cause, place, `The Workflow ${error.execution.workflowId ?? error.workflowType}`);
  }
  return failureOfCause(error, subject, place);
}

function failureOfCause(cause: unknown, subject: string, place: FailurePlace): Failure {
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    return failure(cause.type, cause.message, { ...place, ...placeOf(cause.details?.[0]) });
  }
  if (cause instanceof WorkflowExecutionAlreadyStartedError) {
    return failure('Busy', `Another run of this host is going on (Workflow ID ${cause.workflowId}).`, place);
  }
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    return failure('WorkerMissing', `${subject} was taken by no worker in time.`, place);
  }
  if (cause instanceof TimeoutFailure) {
    return failure('TimedOut', `${subject} ${TIMEOUT_MEANING[cause.timeoutType ?? 'START_TO_CLOSE']}.`, place);
  }
  if (cause instanceof CancelledFailure) return failure('Cancelled', `${subject} was cancelled.`, place);
  if (cause instanceof TerminatedFailure) {
    return failure('Cancelled', `${subject} was terminated; its post scripts may not have run.`, place);
  }
  return failureOf(cause, place);
}

const TIMEOUT_MEANING = {
  START_TO_CLOSE: 'took longer than its time limit',
  SCHEDULE_TO_CLOSE: 'took longer than its time limit, all attempts together',
  SCHEDULE_TO_START: 'was not begun in time',
  HEARTBEAT: 'was lost: its worker stopped reporting, at every attempt',
} as const;

/** An Activity says where it failed in its failure's first detail. */
function placeOf(detail: unknown): FailurePlace {
  if (typeof detail !== 'object' || detail === null) return {};
  return { ...named(detail, 'host'), ...named(detail, 'source') };
}

function named<Key extends 'host' | 'source'>(detail: object, key: Key): { [K in Key]?: string } {
  const value: unknown = Reflect.get(detail, key);
  return typeof value === 'string' ? ({ [key]: value } as { [K in Key]?: string }) : {};
}
