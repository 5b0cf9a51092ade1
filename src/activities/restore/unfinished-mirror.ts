import { textOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { MirrorPaths } from '../mirror/mirror-paths.js';
import type { MirrorStateReading } from '../mirror/mirror-state.js';
import type { FoundSnapshot } from '../snapshots/read-snapshots.js';
import type { MirrorPoint } from './open-mirror-point.js';

/*
 * A mirror that a run is changing, or left when it was cut off: no point in time.
 */

/** Taken as it is, on demand: with a flaw that says so. */
export function unfinishedPoint(
  paths: MirrorPaths,
  reading: MirrorStateReading,
  preserveOwnership: boolean,
): MirrorPoint {
  const last = reading.kind === 'known' ? reading.state.last : undefined;
  const message = `the mirror is half synchronised: ${whyUnfinished(reading)}; entries may be missing, old and new ones are mixed`;
  return {
    paths,
    tree: paths.mirror,
    backupId: last?.backupId ?? '',
    fakeSuper: last?.fakeSuper ?? (preserveOwnership && process.geteuid?.() !== 0),
    keepsChangeTimes: true,
    unfinished: true,
    // Whatever may be left out for its age counts as left out.
    madeAt: {
      newerSeconds: Math.ceil(Date.now() / 1000),
      olderSeconds: last === undefined ? 0 : secondsOf(last.startedAt),
    },
    flaws: { count: 1, first: [{ path: textOf(''), flaw: 'changed', message }] },
  };
}

/** Why there is no latest state, and what there is instead. */
export function noLatest(of: string, reading: MirrorStateReading, snapshots: readonly FoundSnapshot[]): HoldfastError {
  const newest = snapshots.find(({ state }) => state !== 'damaged');
  const instead =
    newest === undefined ? '' : `; its newest snapshot is ${newest.name}: take it with --snapshot ${newest.name}`;
  return reading.kind === 'absent'
    ? new HoldfastError('BackupNotFound', `${of} does not exist${instead}`)
    : new HoldfastError('MirrorUnfinished', `${of} is half synchronised: ${whyUnfinished(reading)}${instead}`);
}

export function whyUnfinished(reading: MirrorStateReading): string {
  if (reading.kind === 'unreadable') return reading.reason;
  return reading.kind === 'known' && reading.state.state === 'syncing'
    ? `a run began to change it at ${reading.state.since} and did not end`
    : '';
}

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);
