import { HoldfastError } from '../../core/failures.js';
import type { AgesAt } from '../../core/filters/left-out-script.js';
import type { FlawedEntry } from '../../core/archive/manifest.js';
import { resolvePoint } from '../../core/restore/point.js';
import type { CopyIdentity } from '../../core/snapshots/identity.js';
import type { RestoreRequest } from '../contract.js';
import { mirrorPathsOf, type MirrorPaths } from '../mirror/mirror-paths.js';
import { type CommittedMirror, type MirrorStateReading, readMirrorState } from '../mirror/mirror-state.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { type FoundSnapshot, readSnapshots } from '../snapshots/read-snapshots.js';
import { assertStillWhole, assertWhole, heldBackup, type KeptSnapshot, snapshotNamed } from './kept-snapshots.js';
import type { RequestedSource } from './restore-request.js';
import { noLatest, unfinishedPoint, whyUnfinished } from './unfinished-mirror.js';

/** A point in time of a mirror: what it is since its last committed run, or what a snapshot has kept of an earlier one. */
export interface MirrorPoint {
  readonly paths: MirrorPaths;
  /** The directory to read, absolute: the mirror, or a snapshot of it. Nothing else is read. */
  readonly tree: string;
  /** Name of the snapshot, and the copy that it is; undefined: the mirror itself. */
  readonly snapshot?: string;
  readonly copy?: CopyIdentity;
  /** The committed backup; '' when none ever was. */
  readonly backupId: string;
  readonly fakeSuper: boolean;
  /** Times of inode changes are those of the mirror's own files. */
  readonly keepsChangeTimes: boolean;
  /** When the committed run began and ended, in seconds; it may be older than what an unfinished mirror holds. */
  readonly madeAt: AgesAt;
  /** A run was changing it when it was last heard of. */
  readonly unfinished: boolean;
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
}

/** What was read, as the end of a restore remembers it. */
export type ReadPoint = Pick<MirrorPoint, 'paths' | 'snapshot' | 'copy' | 'backupId' | 'unfinished'>;

type Of = Pick<RequestedSource, 'host' | 'source'>;
type Asked = Pick<RestoreRequest, 'point' | 'unfinished'>;

/**
 * Finds the state that a request means, of the mirror and its snapshots. Where both have it, it is read from the snapshot, which no run changes. Throws
 * BackupNotFound, BackupDamaged for a snapshot that is not what was made, and MirrorUnfinished unless the request takes a half-synchronised mirror.
 */
export async function openMirrorPoint(
  providers: Providers,
  control: ActivityControl,
  { host, source }: Of,
  { point, unfinished }: Asked,
): Promise<MirrorPoint> {
  const paths = mirrorPathsOf(host, source);
  const owner = { host: host.name, source: source.name, paths };
  const of = `the mirror of ${host.name}/${source.name} in ${paths.base}`;
  const { snapshots } = await readSnapshots(owner);
  const opened = async (found: FoundSnapshot): Promise<MirrorPoint> =>
    snapshotPoint(paths, await assertWhole(providers, control, paths, found));
  if ('snapshot' in point) return opened(snapshotNamed(snapshots, point.snapshot, of));

  const reading = await readMirrorState(paths);
  const committed = committedOf(reading);
  /** Whoever holds a backup, the whole ones first; undefined when nobody does. */
  const heldBy = async (id: string): Promise<MirrorPoint | undefined> => {
    const held = snapshots.filter((one) => heldBackup(one) === id);
    const whole = held.find(({ state }) => state !== 'damaged');
    if (whole !== undefined) return opened(whole);
    if (committed?.backupId === id) return livingPoint(paths, committed);
    return held[0] && opened(held[0]);
  };
  if ('latest' in point) {
    const last = reading.kind === 'known' ? reading.state.last?.backupId : undefined;
    const held = last === undefined ? undefined : await heldBy(last);
    if (held !== undefined) return held;
    if (unfinished && reading.kind !== 'absent') return unfinishedPoint(paths, reading, source.preserveOwnership);
    throw noLatest(of, reading, snapshots);
  }
  const ids = [...snapshots.flatMap((one) => heldBackup(one) ?? []), ...(committed ? [committed.backupId] : [])];
  if (ids.length === 0 && reading.kind !== 'absent') {
    const message = `${of} is half synchronised and no point in time: ${whyUnfinished(reading)}`;
    throw new HoldfastError(unfinished ? 'BackupNotFound' : 'MirrorUnfinished', message);
  }
  return (await heldBy(resolvePoint(ids, point, of))) as MirrorPoint;
}

/** All states that a mirror and its snapshots have now, oldest first, each once; what is damaged is left out. */
export async function mirrorPoints(
  { snapshots: copies }: Providers,
  { signal }: ActivityControl,
  { host, source }: Of,
): Promise<MirrorPoint[]> {
  const paths = mirrorPathsOf(host, source);
  const points = new Map<string, MirrorPoint>();
  const { snapshots } = await readSnapshots({ host: host.name, source: source.name, paths }, { copies, signal });
  for (const { record, ...found } of snapshots) {
    if (record !== undefined && found.state !== 'damaged')
      points.set(record.backup.backupId, snapshotPoint(paths, { ...found, record }));
  }
  const committed = committedOf(await readMirrorState(paths));
  if (committed !== undefined && !points.has(committed.backupId))
    points.set(committed.backupId, livingPoint(paths, committed));
  return [...points.values()].sort((a, b) => (a.backupId < b.backupId ? -1 : 1));
}

/**
 * Looks again at what was read. Undefined when it is still the same; else what a run that has ended meanwhile has made of the mirror. Throws BackupDamaged for
 * a snapshot that somebody has removed, RestoreIncomplete while a run changes the mirror.
 */
export async function changedMeanwhile(
  providers: Providers,
  control: ActivityControl,
  { paths, snapshot, copy, backupId, unfinished }: ReadPoint,
): Promise<string | undefined> {
  if (snapshot !== undefined && copy !== undefined) {
    await assertStillWhole(providers, control, paths, snapshot, copy);
    return undefined;
  }
  if (unfinished) return undefined;
  const now = committedOf(await readMirrorState(paths))?.backupId;
  if (now === backupId) return undefined;
  if (now !== undefined) return `a run has ended meanwhile: the target is as backup ${now} has it`;
  const message = `a run is changing ${paths.mirror}: what was restored may be of two backups`;
  throw new HoldfastError('RestoreIncomplete', message);
}

const committedOf = (reading: MirrorStateReading): CommittedMirror | undefined =>
  reading.kind === 'known' && reading.state.state === 'committed' ? reading.state.last : undefined;

const snapshotPoint = (paths: MirrorPaths, { name, directory, record }: KeptSnapshot): MirrorPoint => ({
  ...pointOf(paths, directory, record.backup),
  snapshot: name,
  copy: record.copy,
  keepsChangeTimes: record.method === 'btrfs',
});

const livingPoint = (paths: MirrorPaths, last: CommittedMirror): MirrorPoint => pointOf(paths, paths.mirror, last);

const pointOf = (paths: MirrorPaths, tree: string, last: CommittedMirror): MirrorPoint => ({
  paths,
  tree,
  backupId: last.backupId,
  fakeSuper: last.fakeSuper,
  keepsChangeTimes: true,
  unfinished: false,
  madeAt: { newerSeconds: secondsOf(last.finishedAt), olderSeconds: secondsOf(last.startedAt) },
  flaws: last.flaws,
});

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);
