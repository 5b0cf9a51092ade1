import type { SnapshotMirrorResult } from '../../activities/contract.js';
import { failure, type Failure } from '../../core/failures.js';
import { local, step, transfer } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { aroundSnapshot } from '../hooks/hooks-of-snapshot.js';
import { placeOf, subjectOf, type Ending, type SourceRun } from './source-run.js';

/**
 * Makes the snapshots that are due of the backup just committed, and removes those that have become surplus. After the post script: what a pre script has stopped need not
 * wait for work on our own disks. Never throws: the backup stays, and what went wrong makes it a warning.
 */
export async function withSnapshots(run: SourceRun, ending: Ending): Promise<Ending> {
  const { backup } = ending;
  if (backup === undefined || run.source.engine !== 'mirror' || run.source.snapshots === undefined) return ending;
  try {
    const due = await step(`${run.source.name}: which snapshots are due`, local.dueSnapshots, subjectOf(run));
    if (due.kinds.length === 0 && !due.leftovers) return ending;
    run.tell({ step: 'snapshots' });
    const make = (): Promise<SnapshotMirrorResult> =>
      step(`${run.source.name}: snapshots`, transfer.snapshotMirror, {
        ...subjectOf(run),
        make: 'due',
        remove: 'after-making',
      });
    const trouble = (result: SnapshotMirrorResult): Failure | undefined => troubleIn(run, result);
    const result = await (due.kinds.length === 0 ? make() : aroundSnapshot(run, backup.id, make, trouble));
    run.notes.push(...remarksOn(result));
    return worse(run, ending, troubleIn(run, result));
  } catch (error) {
    const { type, message } = failureOfActivity(error, placeOf(run));
    const why = type === 'Cancelled' ? 'the run was cancelled before its snapshots were made' : message;
    return worse(run, ending, failure('SnapshotFailed', why, placeOf(run)));
  }
}

function remarksOn({ made, removed, notes }: SnapshotMirrorResult): string[] {
  const parts = [
    ...(made.length === 0 ? [] : [`made ${made.map(({ name, method }) => `${name} (${method})`).join(', ')}`]),
    ...(removed.count === 0 ? [] : [`removed ${removed.count}`]),
  ];
  return [...(parts.length === 0 ? [] : [`Snapshots: ${parts.join('; ')}.`]), ...notes];
}

function troubleIn(run: SourceRun, { failures, problems }: SnapshotMirrorResult): Failure | undefined {
  const said = [
    ...failures.map(({ message }) => message),
    ...problems.map(({ path, message }) => `${path}: ${message}`),
  ];
  const [first, ...others] = said;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more: \`holdfast snapshots list\`)`;
  return failure('SnapshotFailed', `${first}${more}`, placeOf(run));
}

function worse(run: SourceRun, ending: Ending, trouble: Failure | undefined): Ending {
  if (trouble === undefined) return ending;
  if (ending.failure === undefined)
    return { ...ending, status: ending.status === 'ok' ? 'warning' : ending.status, failure: trouble };
  run.besides.push(trouble);
  run.notes.push(`After that, the snapshots failed too (${trouble.type}): ${trouble.message}`);
  return ending;
}
