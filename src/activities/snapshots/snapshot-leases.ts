import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { OpenRuns } from '../../providers/runs/open-runs.js';
import type { RunIdentity } from '../contract.js';
import { writeDurably } from '../mirror/durable-write.js';
import { folderEntry, leaseOf, recordOf } from './snapshot-paths.js';

/*
 * Whoever reads a snapshot for longer than a moment leaves a file beside it, then looks that the snapshot is still there. Whoever removes one takes its record away,
 * then looks for such files. Whichever comes first, one of the two sees the other.
 */

/** Keeps rotation from removing a snapshot until `endReading`, or until the run is over. @throws HoldfastError BackupNotFound when there is no such snapshot */
export async function beginReading(folder: string, snapshot: string, run: RunIdentity): Promise<void> {
  const gone = new HoldfastError('BackupNotFound', `there is no snapshot ${snapshot} in ${folder} any more`);
  if (!(await hasRecord(folder, snapshot))) throw gone;
  const { workflowId, runId } = run;
  const lease = { workflowId, runId, since: new Date().toISOString() };
  await writeDurably(leaseOf(folder, snapshot, runId), `${JSON.stringify(lease)}\n`);
  if (await hasRecord(folder, snapshot)) return;
  await endReading(folder, snapshot, run);
  throw gone;
}

/** Done again, it does nothing. */
export async function endReading(
  folder: string,
  snapshot: string,
  { runId }: Pick<RunIdentity, 'runId'>,
): Promise<void> {
  await rm(leaseOf(folder, snapshot, runId), { force: true });
}

/** Whether a run that is not known to be over reads it. A lease that cannot be read counts as one. */
export async function isLeased(folder: string, leases: readonly string[], runs: OpenRuns): Promise<boolean> {
  for (const lease of leases) {
    const run = await readLease(join(folder, lease));
    if (run === 'gone') continue;
    if (run === undefined || (await runs.isOpen(run)) !== false) return true;
  }
  return false;
}

async function readLease(path: string): Promise<RunIdentity | 'gone' | undefined> {
  try {
    const { workflowId, runId } = JSON.parse(await readFile(path, 'utf8')) as Partial<RunIdentity>;
    return typeof workflowId === 'string' && typeof runId === 'string' ? { workflowId, runId } : undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'gone' : undefined;
  }
}

/** Files of readers of one snapshot, those of runs long over among them. */
export async function leaseFilesOf(folder: string, snapshot: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => {
    const entry = folderEntry(file);
    return entry.is === 'lease' && entry.snapshot === snapshot;
  });
}

export async function hasRecord(folder: string, snapshot: string): Promise<boolean> {
  return access(recordOf(folder, snapshot)).then(
    () => true,
    () => false,
  );
}
