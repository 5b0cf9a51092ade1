import { readObject } from '../archive/open-object.js';
import type { Repository } from '../archive/open-repository.js';

/** The content of a stored object, whose bytes are known to be right, as chunks. Throws ObjectDamaged when it cannot be had whole, WrongKey, IdentityMissing. */
export async function* contentOf(
  storage: Repository,
  file: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const key = await storage.dataKey();
  const stored = key === undefined ? { file, name } : { file, name, key };
  yield* readObject(storage.encryption, stored, {}, signal);
}
