import { join } from 'node:path';
import type { Manifest } from '../../core/archive/manifest.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { PointEntry } from '../../core/restore/actions.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withSpool } from '../archive/spool.js';
import { withStorage } from '../archive/with-storage.js';
import type { ReadAccess, RestorePoint } from '../contract.js';
import { livingEntries, openPoint } from '../restore/living-entries.js';
import { changedMeanwhile, type MirrorPoint, openMirrorPoint } from '../restore/open-mirror-point.js';
import { scanTarget } from '../restore/target-scan.js';

/** One point in time of a source of either engine. */
export interface BrowsedPoint {
  readonly backupId: string;
  /** What it was asked for by: the name of a snapshot, or the backup's id. */
  readonly label: string;
  /** Times of inode changes may be compared with those of other points. */
  readonly keepsChangeTimes: boolean;
  readonly notes: readonly string[];
  /** What lives at the point, in index order; a reader may leave early. */
  entries(): AsyncIterable<readonly PointEntry[]>;
}

interface PointOf {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly point: RestorePoint;
  readonly access: ReadAccess;
}

/** Opens a point for `work`. Throws what opening one for a restore throws. */
export async function withPoint<T>(
  providers: Providers,
  control: ActivityControl,
  of: PointOf,
  work: (point: BrowsedPoint) => Promise<T>,
): Promise<T> {
  return withSpool(providers, async (directory) => {
    switch (of.source.engine) {
      case 'archive':
        return withArchivePoint(providers, control, of, directory, work);
      case 'mirror':
        return work(await mirrorPoint(providers, control, of, directory));
    }
  });
}

function withArchivePoint<T>(
  providers: Providers,
  { signal }: ActivityControl,
  { host, source, point, access }: PointOf,
  directory: string,
  work: (point: BrowsedPoint) => Promise<T>,
): Promise<T> {
  const open = async (storage: Repository): Promise<T> => {
    const of = { host: host.name, source: source.name };
    const opened = await openPoint(storage, of, point, directory, signal);
    const { id } = opened.chain.at(-1) as Manifest;
    return work({
      backupId: id,
      label: id,
      keepsChangeTimes: true,
      notes: [],
      entries: () => livingEntries(opened, signal),
    });
  };
  return withStorage(providers, source.destination, open, accessOf(source.destination, access));
}

/** A mirror that is half synchronised can be looked at, with a remark. */
async function mirrorPoint(
  providers: Providers,
  control: ActivityControl,
  { host, source, point }: PointOf,
  directory: string,
): Promise<BrowsedPoint> {
  const opened = await openMirrorPoint(providers, control, { host, source }, { point, unfinished: true });
  return browsedMirror(providers, control, opened, directory, 'snapshot' in point ? point.snapshot : undefined);
}

/** Lists what a state of a mirror holds into `directory`. */
export async function browsedMirror(
  providers: Providers,
  control: ActivityControl,
  point: MirrorPoint,
  directory: string,
  label = point.backupId,
): Promise<BrowsedPoint> {
  const { tree, backupId, unfinished, fakeSuper, flaws, keepsChangeTimes } = point;
  const notes = [
    ...(unfinished ? flaws.first.map(({ message }) => message) : []),
    ...(fakeSuper ? ['Owners and special files are those of the copy; a restore gives the recorded ones.'] : []),
  ];
  const records = await scanTarget(providers.localRunner, control, tree, [], join(directory, 'scan'));
  // What rotation removes meanwhile would be listed in part.
  if (point.snapshot !== undefined) await changedMeanwhile(providers, control, point);
  return { backupId, label, keepsChangeTimes, notes, entries: () => asPointEntries(records) };
}

async function* asPointEntries(records: Awaited<ReturnType<typeof scanTarget>>): AsyncGenerator<readonly PointEntry[]> {
  for await (const batch of records) yield batch.map((entry) => ({ entry }));
}
