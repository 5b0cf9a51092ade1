import { HoldfastError } from '../../core/failures.js';
import type { BackupLink } from '../../core/archive/manifest.js';
import { compareBackupIds } from '../../core/archive/manifest-keys.js';
import type { Repository } from './open-repository.js';

/** A source's newest backup as it is found; without a checksum when its manifest cannot be used. */
export type FoundNewest = { readonly id: string; readonly checksum?: string } | undefined;

/**
 * The backup that this worker made or saw and that the destination no longer has, or has another in its place; undefined when all is
 * there. Only where manifests are signed: elsewhere whoever can write to the destination can make any.
 */
export async function findRollback(
  storage: Repository,
  host: string,
  source: string,
  found: FoundNewest,
): Promise<HoldfastError | undefined> {
  if ((await storage.trustedKeys()).length === 0) return undefined;
  const known = await storage.seen.newest(host, source);
  if (known === undefined || !isBehind(found, known)) return undefined;
  const now =
    found?.id === known.id
      ? `its manifest is another one now`
      : `the newest backup there is ${found === undefined ? 'none' : found.id}`;
  const message = `${storage.location} had the backup ${known.id} of ${source}, and ${now}`;
  return new HoldfastError('RolledBack', message, { host, source });
}

function isBehind(found: FoundNewest, known: BackupLink): boolean {
  if (found === undefined) return true;
  const order = compareBackupIds(found.id, known.id);
  return order < 0 || (order === 0 && found.checksum !== undefined && found.checksum !== known.checksum);
}

/** From now on this backup is expected to be there, or a newer one. */
export async function expectNewest(
  storage: Repository,
  host: string,
  source: string,
  newest: BackupLink | undefined,
): Promise<void> {
  const known = await storage.seen.newest(host, source);
  if (known?.id === newest?.id && known?.checksum === newest?.checksum) return;
  await storage.seen.remember(host, source, newest);
}

/**
 * To be called before a backup is removed on purpose: when it is the one that is expected, the newest of the others takes its place.
 *
 * @param others the source's backups without it, oldest first
 */
export async function expectRemoval(
  storage: Repository,
  host: string,
  source: string,
  id: string,
  others: readonly BackupLink[],
): Promise<void> {
  const known = await storage.seen.newest(host, source);
  if (known?.id === id) await storage.seen.remember(host, source, others.at(-1));
}
