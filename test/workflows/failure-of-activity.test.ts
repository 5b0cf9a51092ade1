import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { expect, test } from 'vitest';
import { failureOfActivity } from '../../src/workflows/failure-of-activity.js';

const inActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'syncMirror', '7', 'MAXIMUM_ATTEMPTS_REACHED', 'worker', cause);
const inChild = (cause: Error): ChildWorkflowFailure =>
  new ChildWorkflowFailure(
    'default',
    { workflowId: 'host/web1', runId: 'r' },
    'hostBackup',
    'RETRY_POLICY_NOT_SET',
    cause,
  );
const application = (type: string, details: unknown[] = []): ApplicationFailure =>
  ApplicationFailure.create({ type, message: 'no room in vault', details });

test('the failure’s own place wins over the step’s', () => {
  const detail = { type: 'DestinationFull', message: '', action: '', host: 'web1', source: 'www' };
  expect(failureOfActivity(inActivity(application('DestinationFull', [detail])), { host: 'fallback' })).toMatchObject({
    type: 'DestinationFull',
    message: 'no room in vault',
    host: 'web1',
    source: 'www',
  });
});

test('the cause is found through a child and its activity', () => {
  expect(failureOfActivity(inChild(inActivity(application('DestinationFull')))).type).toBe('DestinationFull');
});

test.each([
  [inActivity(application('SomethingElse')), 'InternalError'],
  [new Error('plain'), 'InternalError'],
  ['not even an error', 'InternalError'],
  [inActivity(new TimeoutFailure('', null, 'START_TO_CLOSE')), 'TimedOut'],
  [inActivity(new TimeoutFailure('', null, 'HEARTBEAT')), 'TimedOut'],
  [inActivity(new TimeoutFailure('', null, 'SCHEDULE_TO_START')), 'WorkerMissing'],
  [inActivity(new CancelledFailure('')), 'Cancelled'],
  [inChild(new TerminatedFailure('')), 'Cancelled'],
  [new WorkflowExecutionAlreadyStartedError('', 'host/web1', 'hostBackup'), 'Busy'],
])('%s is %s', (error, type) => {
  expect(failureOfActivity(error).type).toBe(type);
});

test('a timeout names the step', () => {
  const lost = inActivity(new TimeoutFailure('', null, 'HEARTBEAT'));
  expect(failureOfActivity(lost).message).toBe(
    'The step syncMirror was lost: its worker stopped reporting, at every attempt.',
  );
});
