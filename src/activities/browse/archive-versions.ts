import { rm } from 'node:fs/promises';
import { failureOf, isHoldfastError } from '../../core/failures.js';
import { linePath, type IndexLine } from '../../core/entries/entry.js';
import { type SearchedBackup, versionsOf } from '../../core/browse/file-versions.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { MatchingLines } from '../../core/browse/matching-lines.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listBackupIds, readManifest } from '../archive/chain.js';
import { fetchIndex, readIndexLines } from '../archive/read-index.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withSpool } from '../archive/spool.js';
import { withStorage } from '../archive/with-storage.js';
import type { SearchEnd, SourceSearch } from './find-files.js';
import { attributesOf } from './list-files.js';

/** So many paths of a source are followed at a time; further ones come with the next page. */
const PATHS = 2_000;

/** Versions of a source's matching files: their lines in the backups' indexes, each index read once. */
export async function archiveVersions(
  providers: Providers,
  control: ActivityControl,
  search: SourceSearch,
): Promise<SearchEnd> {
  const { host, source, after, access } = search;
  const lines = new MatchingLines(PATHS, after);
  const searched = await withStorage(
    providers,
    source.destination,
    (storage) =>
      withSpool(providers, async (directory) => {
        const manifests: Manifest[] = [];
        for (const id of await listBackupIds(storage, host.name, source.name)) {
          control.progress({ host: host.name, source: source.name, backup: id });
          await telling(control, search, async () => {
            const manifest = await readManifest(storage, host.name, source.name, id);
            if (manifest === undefined) return;
            await searchIndex(storage, manifest, directory, search, lines, control.signal);
            manifests.push(manifest);
          });
        }
        return manifests;
      }),
    accessOf(source.destination, access),
  );
  return tell(search, whole(searched), lines);
}

async function searchIndex(
  storage: Repository,
  manifest: Manifest,
  directory: string,
  { matches }: SourceSearch,
  found: MatchingLines,
  signal: AbortSignal,
): Promise<void> {
  const index = await fetchIndex(storage, manifest, directory, signal);
  try {
    for await (const batch of readIndexLines(index, signal)) {
      for (const line of batch) if (matches(linePath(line), mayBeDirectory(line))) found.add(manifest.id, line);
      const last = batch.at(-1);
      if (last !== undefined && found.isPast(linePath(last))) return;
    }
  } finally {
    // Where the destination is this machine's own disk, the file is the object itself.
    if (index.file.startsWith(directory)) await rm(index.file, { force: true });
  }
}

/** A deletion does not say what was deleted. */
const mayBeDirectory = (line: IndexLine): boolean => line.deleted || line.entry.type === 'd';

/** One backup that cannot be read does not hide what the others have. */
async function telling(control: ActivityControl, search: SourceSearch, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isHoldfastError(error) || control.signal.aborted) throw error;
    search.failures.push(failureOf(error, { host: search.host.name, source: search.source.name }));
  }
}

/** Backups of which every link was read: of the others nothing sure can be said. */
function whole(manifests: readonly Manifest[]): SearchedBackup[] {
  const read = new Set(manifests.map(({ id }) => id));
  return manifests.filter(({ chain }) => chain.every((id) => read.has(id))).map(({ id, chain }) => ({ id, chain }));
}

function tell(
  { host, source, after, page }: SourceSearch,
  backups: readonly SearchedBackup[],
  lines: MatchingLines,
): SearchEnd {
  let last = after ?? '';
  for (const [path, found] of lines.paths()) {
    if (page.full) return { done: false, path: last };
    for (const { backupId, change, entry, flaw } of versionsOf(backups, found)) {
      const place = { host: host.name, source: source.name, path, backupId, change };
      const seen = entry === undefined ? {} : { attributes: attributesOf(entry) };
      page.add({ ...place, ...seen, ...(flaw === undefined ? {} : { flaw }) });
    }
    last = path;
  }
  return lines.cut ? { done: false, path: last } : { done: true };
}
