import { HoldfastError } from '../failures.js';
import { backupId, parseBackupId } from '../ids.js';

/** A clock may be corrected by so much between two runs without anybody having to look. */
const TOLERANCE_MS = 60_000;
const SECOND_MS = 1000;

/**
 * When a backup counts as taken: its start in whole seconds, and always later than the source's last one, so that ids sort by the order
 * of commits. Throws ClockBehind when the clock is more than a minute behind the last backup.
 */
export function nextBackupTimeMs(startedAtMs: number, lastBackupId: string | undefined): number {
  const started = Math.floor(startedAtMs / SECOND_MS) * SECOND_MS;
  const last = lastBackupId === undefined ? undefined : parseBackupId(lastBackupId)?.timeMs;
  if (last === undefined || started > last) return started;
  if (last - started <= TOLERANCE_MS) return last + SECOND_MS;
  const clock = backupId(started, 0).slice(0, -2);
  throw new HoldfastError('ClockBehind', `the worker’s clock says ${clock}, the last backup is ${lastBackupId}`);
}
