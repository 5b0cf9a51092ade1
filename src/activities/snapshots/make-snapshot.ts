import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { textOf } from '../../core/entries/entry.js';
import { failureOf, HoldfastError, type FailurePlace } from '../../core/failures.js';
import type { SnapshotMethod } from '../../core/snapshots/snapshots.js';
import type { LinkBase } from '../../providers/snapshots/snapshot-copies.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RunIdentity } from '../contract.js';
import { syncFolder } from '../mirror/durable-write.js';
import type { MirrorPaths } from '../mirror/mirror-paths.js';
import type { CommittedMirror } from '../mirror/mirror-state.js';
import { directoryOf, partialOf, recordOf } from './snapshot-paths.js';
import { writeRecord, type SnapshotRecord } from './snapshot-record.js';

export interface SnapshotJob {
  readonly paths: MirrorPaths;
  readonly place: Required<FailurePlace>;
  /** The source's directory on the host. */
  readonly path: string;
  readonly name: string;
  readonly method: SnapshotMethod;
  /** The snapshot whose unchanged files a hard-link tree shares. */
  readonly linkTo?: LinkBase;
  readonly backup: CommittedMirror;
  readonly run: RunIdentity;
}

/**
 * Makes one snapshot: the copy under a name of its own, its record beside it, then both get their names, the record last. Until then there is no snapshot; what a
 * dead worker leaves is found by its name. What went wrong leaves nothing behind.
 */
export async function makeSnapshot(
  providers: Providers,
  control: ActivityControl,
  job: SnapshotJob,
): Promise<SnapshotRecord> {
  const { paths, name, method, place } = job;
  const folder = paths.snapshotFolder;
  const partial = partialOf(folder, name, control.attemptToken);
  const begunAt = new Date().toISOString();
  try {
    const { identity, leftOut } = await providers.snapshots.make({
      method,
      mirror: paths.mirror,
      target: partial,
      ...(job.linkTo === undefined ? {} : { linkTo: job.linkTo }),
      signal: control.signal,
    });
    if (identity.type === 'other') throw new HoldfastError('SnapshotFailed', `${partial} is ${identity.what}`, place);
    const record: SnapshotRecord = {
      kind: 'holdfast-snapshot',
      format: 1,
      name,
      host: place.host,
      source: place.source,
      path: job.path,
      method,
      begunAt,
      madeAt: new Date().toISOString(),
      backup: job.backup,
      copy: identity,
      ...(leftOut.count === 0 ? {} : { leftOut: { count: leftOut.count, first: leftOut.first.map(textOf) } }),
      run: job.run,
      holdfastVersion: providers.holdfastVersion,
    };
    await writeRecord(`${partial}.json`, record);
    await finishSnapshot(folder, name, partial);
    return record;
  } catch (error) {
    await discard(providers, control, partial);
    if (control.signal.aborted) throw error;
    throw new HoldfastError('SnapshotFailed', `${name}: ${failureOf(error).message}`, place, { cause: error });
  }
}

/** The copy gets its name before its record does: there is never a record without its copy. */
async function finishSnapshot(folder: string, name: string, partial: string): Promise<void> {
  await rename(partial, directoryOf(folder, name));
  await syncFolder(folder);
  await rename(`${partial}.json`, recordOf(folder, name));
  await syncFolder(folder);
}

/** Also when the run was cancelled; what cannot be removed now is swept up by the next run. */
async function discard(providers: Providers, control: ActivityControl, partial: string): Promise<void> {
  try {
    await providers.snapshots.remove(partial, new AbortController().signal);
    await rm(`${partial}.json`, { force: true });
  } catch (error) {
    control.log('warn', 'an unfinished snapshot could not be removed', { partial, message: failureOf(error).message });
  }
}

/** Private to the worker: whoever may enter could read every file of every host, whatever its mode says of other users. */
export async function makeSnapshotFolder({ snapshotFolder }: MirrorPaths): Promise<void> {
  const made = await mkdir(snapshotFolder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  await syncFolder(dirname(snapshotFolder));
  await syncFolder(dirname(dirname(snapshotFolder)));
}
