import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { FailurePlace } from '../core/failures.js';

/** What must be done whatever happened: a cancellation, also an earlier one, does not reach it. */
export const always = <T>(work: () => Promise<T>): Promise<T> => CancellationScope.nonCancellable(work);

/** Whether somebody cancelled the run (or the part of it that asks). */
export const isCancelled = (): boolean => CancellationScope.current().consideredCancelled;

/** Cancels `work` when its time is over, waits until it has let go, and throws TimedOut. */
export async function withinTime<T>(timeoutMs: number, place: FailurePlace, work: () => Promise<T>): Promise<T> {
  const outer = CancellationScope.current();
  const scope = new CancellationScope({ cancellable: true, timeout: timeoutMs });
  try {
    return await scope.run(work);
  } catch (error) {
    const ranOut = isCancellation(error) && scope.consideredCancelled && !outer.consideredCancelled;
    if (!ranOut) throw error;
    const message = `It was stopped after ${Math.round(timeoutMs / 1000)} s, its time limit.`;
    throw ApplicationFailure.create({ type: 'TimedOut', message, nonRetryable: true, details: [place] });
  }
}
