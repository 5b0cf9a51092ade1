import { HoldfastError } from '../../core/failures.js';
import { backupPrefix, damageKey, manifestKey, pendingKey } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { ActivityControl } from '../activity-control.js';
import { readPins } from './retention-records.js';

const AT_ONCE = 1_000;

/**
 * Deletes a backup for good: its manifest first, so that it never looks whole when it is not; then its objects; then the mark. Done again after
 * a crash it goes on where it was. Gives the bytes freed, or undefined when somebody pinned a backup of the source meanwhile: then nothing
 * is gone. Throws DestinationDenied when the storage does not let go of the manifest.
 */
export async function deleteBackup(
  storage: ObjectStorage,
  control: ActivityControl,
  of: { readonly host: string; readonly source: string; readonly id: string; readonly knownPins: ReadonlySet<string> },
): Promise<number | undefined> {
  const { host, source, id, knownPins } = of;
  const key = manifestKey(host, source, id);
  const manifest = await storage.readSmall(key);
  if (manifest !== undefined) {
    await storage.remove([key]);
    if ((await storage.size(key)) !== undefined)
      throw new HoldfastError(
        'DestinationDenied',
        `${key} is still in ${storage.location} although its removal was granted`,
      );
    const pins = await readPins(storage, host, source);
    if ([...pins.keys()].some((pinned) => !knownPins.has(pinned))) {
      await storage.putIfAbsent(key, manifest);
      return undefined;
    }
  }
  return (manifest?.length ?? 0) + (await deleteObjects(storage, control, host, source, id));
}

async function deleteObjects(
  storage: ObjectStorage,
  control: ActivityControl,
  host: string,
  source: string,
  id: string,
): Promise<number> {
  let freedBytes = 0;
  let keys: string[] = [];
  const removeKeys = async (): Promise<void> => {
    control.signal.throwIfAborted();
    control.progress({ deleting: id, freedBytes });
    await storage.remove(keys);
    keys = [];
  };
  for await (const { key, sizeBytes } of storage.listAll(backupPrefix(host, source, id))) {
    freedBytes += sizeBytes;
    keys.push(key);
    if (keys.length === AT_ONCE) await removeKeys();
  }
  await removeKeys();
  await storage.remove([damageKey(host, source, id), pendingKey(host, source, id)]);
  return freedBytes;
}
