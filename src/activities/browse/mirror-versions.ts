import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexLine } from '../../core/entries/entry.js';
import { failureOf, isHoldfastError } from '../../core/failures.js';
import { versionsOf } from '../../core/browse/file-versions.js';
import { MatchingLines } from '../../core/browse/matching-lines.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withSpool } from '../archive/spool.js';
import { type MirrorPoint, mirrorPoints, openMirrorPoint } from '../restore/open-mirror-point.js';
import { browsedMirror } from './browsed-point.js';
import type { SearchEnd, SourceSearch } from './find-files.js';
import { attributesOf } from './list-files.js';

/** So many paths of a source are followed at a time; further ones come with the next page. */
const PATHS = 2_000;

/** Versions of a mirror's matching files: what each of its snapshots has, and what the mirror has now. */
export async function mirrorVersions(
  providers: Providers,
  control: ActivityControl,
  search: SourceSearch,
): Promise<SearchEnd> {
  const { host, source } = search;
  const points = await pointsOf(providers, control, search);
  const lines = new MatchingLines(PATHS, search.after);
  const read: MirrorPoint[] = [];
  await withSpool(providers, async (directory) => {
    for (const point of points) {
      control.progress({ host: host.name, source: source.name, backup: point.backupId });
      try {
        await searchPoint(providers, control, point, directory, search, lines);
        read.push(point);
      } catch (error) {
        // One that cannot be read (or was removed meanwhile) does not hide what the others have.
        if (!isHoldfastError(error) || control.signal.aborted) throw error;
        search.failures.push(failureOf(error, { host: host.name, source: source.name }));
      }
    }
  });
  return tell(search, read, lines);
}

/** Throws BackupNotFound when there is nothing at all. */
async function pointsOf(
  providers: Providers,
  control: ActivityControl,
  { host, source }: SourceSearch,
): Promise<readonly MirrorPoint[]> {
  const points = await mirrorPoints(providers, control, { host, source });
  // A mirror that is half synchronised is looked at where there is nothing better.
  return points.length > 0
    ? points
    : [await openMirrorPoint(providers, control, { host, source }, { point: { latest: true }, unfinished: true })];
}

async function searchPoint(
  providers: Providers,
  control: ActivityControl,
  point: MirrorPoint,
  directory: string,
  { matches }: SourceSearch,
  lines: MatchingLines,
): Promise<void> {
  try {
    const browsed = await browsedMirror(providers, control, point, directory);
    for await (const batch of browsed.entries()) {
      for (const { entry } of batch) {
        if (matches(entry.path, entry.type === 'd')) lines.add(point.backupId, { deleted: false, entry });
      }
      const last = batch.at(-1);
      if (last !== undefined && lines.isPast(last.entry.path)) return;
    }
  } finally {
    await rm(join(directory, 'scan'), { force: true });
  }
}

function tell(
  { host, source, after, page }: SourceSearch,
  points: readonly MirrorPoint[],
  lines: MatchingLines,
): SearchEnd {
  const backups = points.map(({ backupId }) => ({ id: backupId, chain: [backupId] }));
  const oldest = backups[0]?.id;
  const comparable = points.every(({ keepsChangeTimes }) => keepsChangeTimes);
  let last = after ?? '';
  for (const [path, found] of lines.paths()) {
    if (page.full) return { done: false, path: last };
    const known = comparable
      ? found
      : new Map(Array.from(found, ([id, line]) => [id, withoutChangeTime(line)] as const));
    for (const { backupId, change, entry } of versionsOf(backups, known)) {
      const isOldest = change === 'new' && backupId === oldest;
      page.add({
        host: host.name,
        source: source.name,
        path,
        backupId,
        // How old it is nobody knows: what was before is gone.
        change: isOldest ? 'present' : change,
        ...(entry === undefined ? {} : { attributes: attributesOf(entry) }),
      });
    }
    last = path;
  }
  return lines.cut ? { done: false, path: last } : { done: true };
}

/** Copies have change times of their own. */
const withoutChangeTime = (line: IndexLine): IndexLine =>
  line.deleted ? line : { ...line, entry: { ...line.entry, ctime: '' } };
