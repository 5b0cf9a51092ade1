import { failure } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import type { SourceBackups } from './backups.js';
import type { BackupSummary } from './contract.js';
import { mirrorPathsOf } from './mirror/mirror-paths.js';
import type { CommittedMirror, MirrorStateReading } from './mirror/mirror-state.js';
import { readMirrorState } from './mirror/mirror-state.js';
import { type FoundSnapshot, readSnapshots } from './snapshots/read-snapshots.js';

/**
 * The points in time of a mirror, newest first: its last committed run (`unfinished` while a run changes it, or after one was cut off), and what its
 * snapshots hold. Records are read and directories looked at; no process runs, since every commit of a mirror does this.
 */
export async function listMirrorBackups(host: HostPlan, source: SourcePlan, limit: number): Promise<SourceBackups> {
  const place = { host: host.name, source: source.name };
  const paths = mirrorPathsOf(host, source);
  const reading = await readMirrorState(paths);
  const { snapshots } = await readSnapshots({ ...place, paths });
  const points = new Map(livingPoint(reading).map((point) => [point.last.backupId, point]));
  for (const snapshot of snapshots) addSnapshot(points, snapshot);
  const newestFirst = [...points.values()].sort((a, b) => (a.last.backupId < b.last.backupId ? 1 : -1));
  // What is wrong with a snapshot is told by `holdfast snapshots list`: it must not hide the others, nor keep them out of the catalog.
  const unreadable = reading.kind === 'unreadable' ? [failure('MirrorUnfinished', reading.reason, place)] : [];
  return {
    backups: newestFirst.slice(0, limit).map((point) => summaryOf(point, place, source)),
    failures: unreadable,
  };
}

interface Point {
  readonly last: CommittedMirror;
  status: BackupSummary['status'];
  readonly snapshots: string[];
  pinned?: NonNullable<BackupSummary['pinned']>;
}

function livingPoint(reading: MirrorStateReading): Point[] {
  const last = reading.kind === 'known' ? reading.state.last : undefined;
  if (reading.kind !== 'known' || last === undefined) return [];
  return [{ last, status: reading.state.state === 'syncing' ? 'unfinished' : last.status, snapshots: [] }];
}

/** A backup is as good as the best copy that there is of it. */
function addSnapshot(points: Map<string, Point>, { name, record, state, pin }: FoundSnapshot): void {
  if (record === undefined) return;
  const { backup } = record;
  const point = points.get(backup.backupId) ?? { last: backup, status: 'damaged' as const, snapshots: [] };
  points.set(backup.backupId, point);
  point.snapshots.push(name);
  if (pin !== undefined) point.pinned ??= pin;
  const isBetter = point.status === 'unfinished' || point.status === 'damaged';
  if (state !== 'damaged' && isBetter) point.status = state === 'good' ? 'ok' : 'warning';
}

const summaryOf = (
  { last, status, snapshots, pinned }: Point,
  place: { readonly host: string; readonly source: string },
  source: SourcePlan,
): BackupSummary => ({
  id: last.backupId,
  ...place,
  engine: 'mirror',
  destination: source.destination.name,
  level: 0,
  parent: null,
  status,
  startedAt: last.startedAt,
  finishedAt: last.finishedAt,
  entries: last.entries,
  sourceBytes: last.sourceBytes,
  storedBytes: last.sourceBytes,
  ...(snapshots.length === 0 ? {} : { snapshots }),
  ...(pinned === undefined ? {} : { pinned }),
});
