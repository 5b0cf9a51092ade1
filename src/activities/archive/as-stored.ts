import { createHash } from 'node:crypto';
import type { StoredObject } from '../../core/archive/manifest.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';

/**
 * Whether an object is still what was stored: by its size, and by what the storage says of its content when it said something at the time;
 * else it is read and hashed.
 *
 * @param fingerprint the storage's, when the object was stored
 */
export async function isAsStored(
  storage: ObjectStorage,
  key: string,
  { sizeBytes, sha256 }: StoredObject,
  fingerprint: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await storage.size(key)) !== sizeBytes) return false;
  if (fingerprint !== undefined) return (await storage.fingerprint(key)) === fingerprint;
  const hash = createHash('sha256');
  for await (const chunk of await storage.read(key, signal)) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}
