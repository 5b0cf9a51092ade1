import { approvedBy } from '../../core/guard/approval.js';
import { failure } from '../../core/failures.js';
import { findDoubt, isCovered, type GuardInput } from '../../core/guard/guard.js';
import { placeOf, type Ending, type SourceRun } from './source-run.js';

/** What an engine found out before it writes anything. */
export type SourceLook = Omit<GuardInput, 'maxDeletePercent'>;

/**
 * The ending of a source that must wait for a person (it is empty, on another file system, or too much of it is gone), or undefined to go on. What a
 * person approved goes on if it is no worse than it was then; so do a run with --approve and a dry run. All say what they passed over.
 */
export function reasonToHold(run: SourceRun, look: SourceLook): (Ending & { readonly status: 'held' }) | undefined {
  const { approval, options, source } = run;
  const doubt = findDoubt({ ...guardInput(look), maxDeletePercent: source.maxDeletePercent });
  if (doubt === undefined) return undefined;
  if (options.approve) {
    run.notes.push(`Approved: ${doubt.message}.`);
    return undefined;
  }
  if (approval?.doubt !== undefined && isCovered(doubt, approval.doubt)) {
    run.notes.push(`Approved by ${approvedBy(approval)}: ${doubt.message}.`);
    return undefined;
  }
  if (options.dryRun) {
    run.notes.push(`A real run would be held: ${doubt.message}.`);
    return undefined;
  }
  const more = approval?.doubt === undefined ? '' : ` This is more than what ${approval.by} approved.`;
  return {
    status: 'held',
    failure: failure('SourceHeld', `Held for approval: ${doubt.message}.${more}`, placeOf(run)),
    doubt,
  };
}

/** An engine's look holds much else. */
const guardInput = ({
  previousEntries,
  entries,
  deletions,
  firstDeleted,
  previousFileSystem,
  fileSystem,
  missingMarkers,
}: SourceLook): SourceLook => ({
  previousEntries,
  entries,
  deletions,
  firstDeleted,
  ...(previousFileSystem === undefined ? {} : { previousFileSystem }),
  ...(fileSystem === undefined ? {} : { fileSystem }),
  ...(missingMarkers === undefined ? {} : { missingMarkers }),
});
