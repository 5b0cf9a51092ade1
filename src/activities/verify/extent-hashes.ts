import { isHoldfastError } from '../../core/failures.js';
import type { Manifest, StoredObject } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import type { Repository } from '../archive/open-repository.js';
import { readExtentMap } from '../archive/read-extent-map.js';
import { IS_DAMAGE } from './verify-backup.js';

/**
 * The SHA-256 of the content of extents that a backup has stored, by the object's name, as the backup's maps say; no map is read when none of
 * `objects` is an extent.
 *
 * @param directory of this machine, for copies of the maps
 * @param onUnreadable told why a map says nothing
 */
export async function extentHashes(
  storage: Repository,
  { host, source, id, extents }: Manifest,
  objects: readonly StoredObject[],
  directory: string,
  onUnreadable: (reason: string) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const names = new Set(objects.map(({ name }) => name));
  const hashes = new Map<string, string>();
  if (extents === undefined || !extents.stored.some(({ name }) => names.has(name))) return hashes;
  for (const map of extents.maps) {
    try {
      const read = await readExtentMap(storage, backupPrefix(host, source, id), map, directory, signal);
      for (const { backupId, object, contentSha256 } of read.extents) {
        if (backupId === id && names.has(object.name)) hashes.set(object.name, contentSha256);
      }
    } catch (error) {
      if (!isHoldfastError(error) || !IS_DAMAGE.has(error.type)) throw error;
      onUnreadable(`contents of extents were not compared with their map: ${error.message}`);
    }
  }
  return hashes;
}
