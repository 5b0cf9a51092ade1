import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestion } from '../../config/nearest.js';
import { HoldfastError } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import { type CopyIdentity, identityProblem } from '../../core/snapshots/identity.js';
import { SNAPSHOTS_FOLDER } from '../../core/snapshots/snapshots.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { MirrorPaths } from '../mirror/mirror-paths.js';
import type { FoundSnapshot } from '../snapshots/read-snapshots.js';
import type { SnapshotRecord } from '../snapshots/snapshot-record.js';

/** A snapshot that states are read from. */
export type KeptSnapshot = FoundSnapshot & { readonly record: SnapshotRecord };

/** The id of the backup that it says it holds; undefined when its record cannot be read. */
export const heldBackup = ({ record }: FoundSnapshot): string | undefined => record?.backup.backupId;

/** Throws BackupNotFound with the name that was probably meant. */
export function snapshotNamed(snapshots: readonly FoundSnapshot[], name: string, of: string): FoundSnapshot {
  const found = snapshots.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = snapshots.map((one) => one.name);
  throw new HoldfastError('BackupNotFound', `${of} has no snapshot ${name}; ${suggestion(name, names)}`);
}

/** Looks closely at one snapshot before it is believed. Throws BackupDamaged. */
export async function assertWhole(
  providers: Providers,
  control: ActivityControl,
  paths: MirrorPaths,
  found: FoundSnapshot,
): Promise<KeptSnapshot> {
  const { name, timeMs, record, problem } = found;
  const damaged = (what: string): HoldfastError => new HoldfastError('BackupDamaged', `the snapshot ${name}: ${what}`);
  if (record === undefined || problem !== undefined) throw damaged(problem?.message ?? 'its record cannot be read');
  if (parseBackupId(record.backup.backupId)?.timeMs !== timeMs)
    throw damaged(`its record says that it holds ${record.backup.backupId}: somebody has changed it`);
  // A link on the way there would lead anywhere.
  const folder = await realpath(paths.snapshotFolder);
  const expected = join(await realpath(paths.hostFolder), paths.snapshotFolder.slice(paths.hostFolder.length));
  if (folder !== expected) throw damaged(`${SNAPSHOTS_FOLDER} leads to ${folder}`);
  const [identity] = await providers.snapshots.identify(paths.snapshotFolder, [name], control.signal);
  const trouble = identityProblem(record.copy, identity);
  if (trouble !== undefined) throw damaged(trouble.message);
  return { ...found, record };
}

/** The same for one that was read from, by the copy that it was: its record may be gone by now, or be on its way back. */
export async function assertStillWhole(
  providers: Providers,
  control: ActivityControl,
  { snapshotFolder }: MirrorPaths,
  name: string,
  copy: CopyIdentity,
): Promise<void> {
  const [identity] = await providers.snapshots.identify(snapshotFolder, [name], control.signal);
  if (identityProblem(copy, identity) === undefined) return;
  throw new HoldfastError('BackupDamaged', `somebody has removed or changed the snapshot ${name} while it was read`);
}
