import type { Failure } from '../../core/failures.js';
import type { Status } from '../../core/statuses.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { placeOf, type SourceRun } from '../backup/source-run.js';

/**
 * Makes a snapshot of a source's mirror between its before_snapshot and after_snapshot hooks. Throws what `work` throws, and the failure of a
 * before_snapshot hook with `on_failure: fail`: then there is no snapshot. The backup is not concerned: a failed hook of a snapshot is
 * never more than a warning of the source.
 *
 * @param troubleIn what of a result is not as it should be
 */
export async function aroundSnapshot<Result>(
  run: SourceRun,
  backupId: string,
  work: () => Promise<Result>,
  troubleIn: (result: Result) => Failure | undefined,
): Promise<Result> {
  const { hooks } = run;
  if (!hooks?.has('before_snapshot', 'after_snapshot')) return work();
  const end = (status: Status, failure?: Failure): Promise<void> =>
    hooks.after('after_snapshot', { status, failure, backupId });
  try {
    const obstacle = await hooks.before('before_snapshot');
    if (obstacle !== undefined) throw endAs(obstacle);
    const result = await work();
    const trouble = troubleIn(result);
    await end(trouble === undefined ? 'ok' : 'warning', trouble);
    return result;
  } catch (error) {
    const failure = failureOfActivity(error, placeOf(run));
    await end(failure.type === 'Cancelled' ? 'cancelled' : 'failed', failure);
    throw error;
  }
}
