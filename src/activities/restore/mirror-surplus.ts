import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/entries/byte-records.js';
import { assertSafePath } from '../../core/entries/path-safety.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreRequest } from '../contract.js';
import { copyMirror } from './mirror-copy.js';
import type { MirrorRestoreRecord } from './mirror-restore-record.js';
import { nulList, readNames } from './name-lists.js';
import { selectionOf, takesAll } from './restore-scope.js';
import { LISTS } from './restore-spool.js';
import { removeDirectories, removeFiles, type TargetChanges } from './target-changes.js';

/** What a target has of the entries asked for, and the mirror has not. Byte strings, in index order. */
export interface Surplus {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

const NONE: Surplus = { files: [], directories: [] };

/**
 * Looks for what `--delete` removes where `--include` takes a part: rsync itself says what it would delete of the whole, so that all its rules count,
 * and of that the selection's share is taken. Nothing unless both were asked for: otherwise rsync deletes by itself.
 */
export async function findSurplus(
  providers: Providers,
  control: ActivityControl,
  spool: string,
  record: MirrorRestoreRecord,
  request: RestoreRequest,
): Promise<Surplus> {
  if (!request.delete || takesAll(request)) return NONE;
  const selection = selectionOf(request);
  const found = { files: [] as string[], directories: [] as string[] };
  await copyMirror(providers, control, {
    spool,
    record,
    request,
    mode: 'look',
    surplusOnly: true,
    onChange: ({ kind, path, isDirectory }) => {
      if (kind !== 'deleted' || !selection.takes(path, isDirectory)) return;
      // On another host it is that host which says so.
      assertSafePath(path);
      (isDirectory ? found.directories : found.files).push(detached(path));
    },
  });
  return found;
}

/** Keeps the list for the restore: what is removed is what the plan has named. */
export async function writeSurplus(spool: string, { files, directories }: Surplus): Promise<void> {
  const write = async (list: string, names: readonly string[]): Promise<void> => {
    if (names.length > 0) await writeFile(join(spool, list), nulList(names), { mode: 0o600 });
  };
  await write(LISTS.deleteFiles, files);
  // Children before their parents.
  await write(LISTS.deleteDirectories, [...directories].sort().reverse());
}

/** Removes what the plan has named; done again, it does the same. False: it has named nothing. */
export async function removeSurplus(changes: TargetChanges, spool: string): Promise<boolean> {
  const files = await readNames(spool, LISTS.deleteFiles);
  const directories = await readNames(spool, LISTS.deleteDirectories);
  await removeFiles(changes, files);
  await removeDirectories(changes, directories, 'may hold others');
  return files.length + directories.length > 0;
}
