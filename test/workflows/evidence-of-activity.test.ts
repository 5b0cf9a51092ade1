import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
} from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { toTemporalFailure } from '../../src/activities/failure-mapping.js';
import { HoldfastError } from '../../src/core/failures.js';
import { evidenceOfActivity } from '../../src/workflows/evidence-of-activity.js';

const evidence = { lines: ['rsync: it said so'], rsyncExitCode: 12 };
const ofActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('failed', 'syncMirror', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);
const ofChild = (cause: Error): ChildWorkflowFailure =>
  new ChildWorkflowFailure(undefined, { workflowId: 'shards' }, 'archiveShards', RetryState.IN_PROGRESS, cause);
const mapped = (options?: ConstructorParameters<typeof HoldfastError>[3]): Error =>
  toTemporalFailure(new HoldfastError('RsyncInterrupted', 'cut off', {}, options), {}, new AbortController().signal);

describe('what an Activity said beside its failure', () => {
  test('crosses the boundary, from a child Workflow too', () => {
    expect(evidenceOfActivity(ofActivity(mapped({ evidence })))).toEqual(evidence);
    expect(evidenceOfActivity(ofChild(ofActivity(mapped({ evidence }))))).toEqual(evidence);
  });

  test.each<[string, unknown]>([
    ['it said nothing', ofActivity(mapped())],
    [
      'its worker was older',
      ofActivity(ApplicationFailure.create({ type: 'RsyncFailed', details: [{ type: 'RsyncFailed' }] })),
    ],
    ['its details are of another kind', ofActivity(ApplicationFailure.create({ details: [{}, { lines: 'one' }] }))],
    ['it was cancelled', ofActivity(new CancelledFailure('cancelled'))],
    ['it is no failure of an Activity', new Error('no')],
    ['it is nothing', undefined],
  ])('is undefined where %s', (_, error) => {
    expect(evidenceOfActivity(error)).toBeUndefined();
  });

  test('stands beside the failure itself, which is as it was', () => {
    const failure = mapped({ evidence }) as ApplicationFailure;
    expect(failure.details?.[0]).toMatchObject({ type: 'RsyncInterrupted', message: 'cut off' });
    expect((mapped() as ApplicationFailure).details).toHaveLength(1);
  });
});
