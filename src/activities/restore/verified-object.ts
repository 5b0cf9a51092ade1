import { rm } from 'node:fs/promises';
import { isEncrypted } from '../../core/archive/manifest-keys.js';
import type { StoredFile } from '../archive/open-object.js';
import type { Repository } from '../archive/open-repository.js';
import { fetchObject } from '../archive/read-index.js';
import type { RestorePart } from './restore-spool.js';

/**
 * Gives `work` a file of this machine with the part's bytes, once they are known to be what was written. An object of a local destination
 * is used where it lies, others are fetched to `copy`, which is removed afterwards. Throws ObjectMissing or ObjectDamaged.
 */
export async function withVerifiedObject<T>(
  storage: Repository,
  part: Pick<RestorePart, 'key' | 'sha256' | 'sizeBytes'>,
  copy: string,
  signal: AbortSignal,
  work: (object: StoredFile) => Promise<T>,
): Promise<T> {
  try {
    const key = isEncrypted(part.key) ? await storage.dataKey() : undefined;
    const file = await fetchObject(storage, part.key, part, copy, signal);
    return await work({ file, name: part.key, ...(key === undefined ? {} : { key }) });
  } finally {
    await rm(copy, { force: true });
  }
}
