import { rm } from 'node:fs/promises';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { fetchObject } from '../archive/read-index.js';
import type { RestorePart } from './restore-spool.js';

/**
 * Gives `work` a file of this machine with the part's bytes, once they are known to be what was written. An object of a local destination
 * is used where it lies, others are fetched to `copy`, which is removed afterwards. Throws ObjectMissing or ObjectDamaged.
 */
export async function withVerifiedObject<T>(
  storage: ObjectStorage,
  part: RestorePart,
  copy: string,
  signal: AbortSignal,
  work: (file: string) => Promise<T>,
): Promise<T> {
  try {
    return await work(await fetchObject(storage, part.key, part, copy, signal));
  } finally {
    await rm(copy, { force: true });
  }
}
