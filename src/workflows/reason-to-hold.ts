import { failure, type Failure } from '../core/failures.js';
import { findDoubt, type GuardInput } from '../core/guard.js';
import { placeOf, type SourceRun } from './source-run.js';

/** What an engine found out before it writes anything. */
export type SourceLook = Pick<GuardInput, 'previousEntries' | 'entries' | 'deletions' | 'firstDeleted'>;

/**
 * Why a source must wait for a person (it is empty, or too much of it is gone), or undefined to go on. A run with --approve goes on,
 * and so does a dry run: both say what they passed over.
 */
export function reasonToHold(run: SourceRun, look: SourceLook): Failure | undefined {
  const { previousEntries, entries, deletions, firstDeleted } = look;
  const { maxDeletePercent } = run.source;
  const doubt = findDoubt({ previousEntries, entries, deletions, firstDeleted, maxDeletePercent });
  if (doubt === undefined) return undefined;
  if (run.options.approve) {
    run.notes.push(`Approved: ${doubt.message}.`);
    return undefined;
  }
  if (run.options.dryRun) {
    run.notes.push(`A real run would be held: ${doubt.message}.`);
    return undefined;
  }
  return failure('SourceHeld', `Held for approval: ${doubt.message}.`, placeOf(run));
}
