import type { SnapshotMirrorResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { Status } from '../../core/statuses.js';
import type { SnapshotOutcome } from '../messages.js';

interface Place {
  readonly host: string;
  readonly source: string;
}

/** Something not as it should be is a warning: what could be made was made, and no snapshot that there was is lost. */
export function outcomeOf(place: Place, result: SnapshotMirrorResult): SnapshotOutcome {
  const { backupId, made, removed, kept, problems, failures, notes } = result;
  const [first, ...others] = failures;
  return {
    ...place,
    status: first !== undefined || problems.length > 0 ? 'warning' : 'ok',
    ...(first === undefined ? {} : { failure: first }),
    ...(backupId === undefined ? {} : { backupId }),
    made,
    removed,
    kept,
    problems,
    notes: [...notes, ...others.slice(0, 20).map(({ message }) => message)],
  };
}

/** Nothing was done. */
export const outcomeWithout = (
  place: Place,
  failure: Failure,
  status: Status = statusWithout(failure),
): SnapshotOutcome => ({
  ...place,
  status,
  failure,
  made: [],
  removed: { count: 0, first: [] },
  kept: 0,
  problems: [],
  notes: [],
});

function statusWithout({ type }: Failure): Status {
  if (type === 'Cancelled') return 'cancelled';
  return type === 'Busy' ? 'skipped' : 'failed';
}
