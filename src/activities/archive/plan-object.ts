import { HoldfastError } from '../../core/failures.js';
import { encryptedName, isEncrypted } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Repository } from './open-repository.js';

/*
 * Small objects of a running plan. They name files: where the destination is encrypted, so are they, to the recipients and to the worker's
 * own index key, with which the run's later steps read them.
 */

/** Stores a new object of a plan. Throws InternalError when the key is taken. */
export async function putPlanObject(storage: Repository, key: string, bytes: Uint8Array): Promise<void> {
  const sealing = await storage.sealing();
  const [name, stored] = sealing ? [encryptedName(key), await sealing.index.bytes(bytes)] : [key, bytes];
  if (await storage.putIfAbsent(name, stored)) return;
  throw new HoldfastError('InternalError', `${name} exists already`);
}

/** The bytes that were given to `putPlanObject`, or undefined when there is none. */
export async function readPlanObject(storage: Repository, key: string): Promise<Buffer | undefined> {
  return readPlanObjectAt(storage, (await storage.sealing()) ? encryptedName(key) : key);
}

/** The same for a key as a listing gives it. */
export async function readPlanObjectAt(storage: Repository, key: string): Promise<Buffer | undefined> {
  const stored = await storage.readSmall(key);
  return stored === undefined || !isEncrypted(key) ? stored : openIndexBytes(storage, key, stored);
}

/** Opens small bytes with the worker's index key. Throws KeysMissing, WrongKey. */
async function openIndexBytes(storage: Repository, key: string, stored: Buffer): Promise<Buffer> {
  const opener = await storage.indexKey();
  if (opener === undefined) throw noKey(storage, key);
  return storage.encryption.openBytes(stored, opener.files, key);
}

const noKey = (storage: ObjectStorage, key: string): HoldfastError =>
  new HoldfastError('KeysMissing', `${key} in ${storage.location} is encrypted, and this worker has no index key`);
