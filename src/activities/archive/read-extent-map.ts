import { join } from 'node:path';
import { decodeExtentMap, ExtentMapError } from '../../core/extents/map.js';
import type { ExtentMap } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import type { StoredObject } from '../../core/archive/manifest.js';
import { readObject } from './open-object.js';
import type { Repository } from './open-repository.js';
import { fetchObject } from './read-index.js';

/**
 * A large file's map, checked by its SHA-256 and read strictly. Throws ObjectMissing, ObjectDamaged, WrongKey, IdentityMissing.
 *
 * @param backup the prefix of the backup that has it
 * @param directory of this machine, for a copy of it
 */
export async function readExtentMap(
  storage: Repository,
  backup: string,
  map: StoredObject,
  directory: string,
  signal: AbortSignal,
): Promise<ExtentMap> {
  const key = backup + map.name;
  const copy = join(directory, map.name.replaceAll('/', '-'));
  const file = await fetchObject(storage, key, map, copy, signal);
  const indexKey = await storage.indexKey();
  const stored = { file, name: map.name, ...(indexKey === undefined ? {} : { key: indexKey }) };
  const chunks: Buffer[] = [];
  for await (const chunk of readObject(storage.encryption, stored, {}, signal)) chunks.push(chunk);
  try {
    return decodeExtentMap(Buffer.concat(chunks).toString('latin1'));
  } catch (error) {
    if (!(error instanceof ExtentMapError)) throw error;
    throw new HoldfastError('ObjectDamaged', `${key} is damaged: ${error.message}`);
  }
}
