import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, type FailurePlace } from '../../core/failures.js';
import { identityProblem, isSame } from '../../core/snapshots/identity.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { syncFolder } from '../mirror/durable-write.js';
import type { FoundSnapshot } from './read-snapshots.js';
import { isLeased, leaseFilesOf } from './snapshot-leases.js';
import { pinOf, recordOf, removingOf } from './snapshot-paths.js';
import { readPin } from './snapshot-pins.js';
import type { SnapshotRecord } from './snapshot-record.js';

/**
 * Removes one snapshot: takes its record away (from then on there is no such snapshot), looks whether somebody has begun to read it or has pinned it meanwhile (then
 * the record comes back), and only then removes the copy. A worker that dies in between leaves what the next run can finish.
 *
 * @returns whether it is gone; false: somebody wants it
 * @throws HoldfastError SnapshotFailed; what is there then is not as it was made, and untouched, or could not be removed, and is tried again by the next run
 */
export async function removeSnapshot(
  providers: Providers,
  control: ActivityControl,
  folder: string,
  { name, record, directory }: FoundSnapshot,
  place: Required<FailurePlace>,
): Promise<boolean> {
  const [found] = await providers.snapshots.identify(folder, [name], control.signal);
  const problem = record === undefined ? undefined : identityProblem(record.copy, found);
  if (record === undefined || problem !== undefined)
    throw new HoldfastError(
      'SnapshotFailed',
      `${directory} is not touched: ${problem?.message ?? 'its record cannot be read'}`,
      place,
    );

  await rename(recordOf(folder, name), `${removingOf(folder, name)}.json`);
  await syncFolder(folder);
  if (await takenBack(providers, folder, name)) return false;
  await rename(directory, removingOf(folder, name));
  await syncFolder(folder);
  await removeHidden(providers, control, folder, name);
  return true;
}

/** Gives a snapshot its record back when somebody reads it or has pinned it. */
export async function takenBack({ runs }: Pick<Providers, 'runs'>, folder: string, name: string): Promise<boolean> {
  const isPinned = (await readPin(folder, name)) !== undefined;
  if (!isPinned && !(await isLeased(folder, await leaseFilesOf(folder, name), runs))) return false;
  await rename(`${removingOf(folder, name)}.json`, recordOf(folder, name));
  await syncFolder(folder);
  return true;
}

/** Removes a copy that is no snapshot any more, and what belonged to it. Done again, it goes on. */
export async function finishRemoval(
  providers: Providers,
  control: ActivityControl,
  folder: string,
  name: string,
  record: SnapshotRecord,
): Promise<void> {
  const path = removingOf(folder, name);
  const [found] = await providers.snapshots.identify(folder, [`.removing-${name}`], control.signal);
  if (found !== undefined && !isSame(record.copy, found))
    throw new HoldfastError('SnapshotFailed', `${path} is not touched: it is not the copy that was to be removed`);
  await removeHidden(providers, control, folder, name);
}

async function removeHidden(
  providers: Providers,
  control: ActivityControl,
  folder: string,
  name: string,
): Promise<void> {
  const path = removingOf(folder, name);
  await providers.snapshots.remove(path, control.signal);
  const files = [pinOf(folder, name), ...(await leaseFilesOf(folder, name)).map((file) => join(folder, file))];
  await Promise.all(files.map((file) => rm(file, { force: true })));
  await rm(`${path}.json`, { force: true });
  await syncFolder(folder);
}
