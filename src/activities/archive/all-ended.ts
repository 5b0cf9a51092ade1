import { isHoldfastError } from '../../core/failures.js';

/**
 * Waits until all has ended, then throws the failure that says most: what broke first often shows elsewhere only as a broken pipe or as
 * something that was stopped.
 */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const reasons = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  if (reasons.length === 0) return;
  throw (
    reasons.find((reason) => isHoldfastError(reason) && reason.type !== 'Cancelled') ??
    reasons.find(isHoldfastError) ??
    reasons[0]
  );
}
