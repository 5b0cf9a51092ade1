import { placeIn } from '../../core/browse/directory-listing.js';
import { comparePaths, textOf, type Entry } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { PointEntry } from '../../core/restore/actions.js';
import { ResultPage } from '../../core/browse/result-page.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { FileAttributes, ListedFile, ListFilesInput, ListFilesResult } from '../contract.js';
import { browsedSource } from './browsed-source.js';
import { withPoint, type BrowsedPoint } from './browsed-point.js';

/**
 * A page of what a directory holds at a point in time; of a path that is no directory, that entry. Throws FileNotInBackup, and what opening
 * the point throws.
 */
export async function listFiles(
  providers: Providers,
  control: ActivityControl,
  input: ListFilesInput,
): Promise<ListFilesResult> {
  const { host, source } = await browsedSource(providers, control, input);
  return withPoint(providers, control, { host, source, point: input.point, access: input }, async (point) => ({
    source: source.name,
    engine: source.engine,
    backupId: point.backupId,
    notes: point.notes,
    ...(await pageOf(point, input, `${host.name}:${source.name}`)),
  }));
}

async function pageOf(
  point: BrowsedPoint,
  { path: directory, recursive, after }: ListFilesInput,
  of: string,
): Promise<Pick<ListFilesResult, 'files' | 'next'>> {
  const page = new ResultPage<ListedFile>();
  let seen = directory === '' || after !== undefined;
  for await (const batch of point.entries()) {
    for (const living of batch) {
      const { entry } = living;
      const place = placeIn(directory, entry.path);
      if (place === 'elsewhere') continue;
      if (place === 'past') return finished(page, seen, directory, point, of);
      seen = true;
      if (place === 'itself' && entry.type === 'd') continue;
      if (place === 'deeper' && !recursive) continue;
      if (after !== undefined && comparePaths(entry.path, after) <= 0) continue;
      if (page.full) return { files: page.items, next: page.items.at(-1)?.path ?? '' };
      page.add(listed(living));
    }
  }
  return finished(page, seen, directory, point, of);
}

function finished(
  { items }: ResultPage<ListedFile>,
  seen: boolean,
  directory: string,
  { backupId }: BrowsedPoint,
  of: string,
): Pick<ListFilesResult, 'files'> {
  if (seen) return { files: items };
  throw new HoldfastError('FileNotInBackup', `Backup ${backupId} of ${of} has no ${textOf(directory)}.`);
}

const listed = ({ entry, flaw, older }: PointEntry): ListedFile => ({
  path: entry.path,
  ...attributesOf(entry),
  ...(entry.type === 'l' ? { target: entry.target } : {}),
  ...(flaw === undefined ? {} : { flaw }),
  ...(older === undefined ? {} : { older }),
});

export const attributesOf = ({ type, sizeBytes, mtime, mode, uid, gid }: Entry): FileAttributes => ({
  type,
  sizeBytes,
  mtime,
  mode,
  uid,
  gid,
});
