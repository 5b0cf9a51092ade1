import { isHoldfastError } from '../../core/failures.js';
import type { ActivityControl } from '../activity-control.js';
import type { RunIdentity } from '../contract.js';
import { beginReading, endReading } from '../snapshots/snapshot-leases.js';
import type { MirrorPoint } from './open-mirror-point.js';

type Point = Pick<MirrorPoint, 'paths' | 'snapshot'>;

/** Tells rotation that this run reads a snapshot, if it is one. Throws BackupNotFound when it was removed just now. */
export async function holdSnapshot(
  { paths, snapshot }: Point,
  run: RunIdentity,
  control: ActivityControl,
): Promise<void> {
  if (snapshot === undefined) return;
  try {
    await beginReading(paths.snapshotFolder, snapshot, run);
  } catch (error) {
    // A disk that is full, or mounted read-only to save what is on it, must not keep anybody from restoring.
    if (isHoldfastError(error) || !isRefusedWrite(error)) throw error;
    control.log('warn', 'rotation is not told that a snapshot is read', { snapshot, error: String(error) });
  }
}

/** Done again, it does nothing. */
export async function releaseSnapshot({ paths, snapshot }: Point, run: RunIdentity): Promise<void> {
  if (snapshot === undefined) return;
  await endReading(paths.snapshotFolder, snapshot, run).catch((error: unknown) => {
    if (!isRefusedWrite(error)) throw error;
  });
}

const REFUSED: ReadonlySet<string> = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM']);

const isRefusedWrite = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && REFUSED.has(String(error.code));
