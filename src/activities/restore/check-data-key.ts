import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AGE_HEADER_LIMIT } from '../../core/archive/age-format.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { isEncrypted } from '../../core/archive/manifest-keys.js';
import type { Repository } from '../archive/open-repository.js';

/**
 * Makes sure, before anything is written, that the private key opens the data: that it opens an index does not say so. One object stands for
 * all, since a chain has the same recipients throughout. Throws IdentityMissing, WrongKey, SecretUnavailable, ToolMissing.
 *
 * @param directory of this machine, for the beginning of the object
 */
export async function checkDataKey(
  storage: Repository,
  parts: readonly { readonly key: string }[],
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const part = parts.find(({ key }) => isEncrypted(key));
  if (part === undefined) return;
  const key = await storage.dataKey();
  if (key === undefined) {
    throw new HoldfastError(
      'IdentityMissing',
      `${part.key} in ${storage.location} is encrypted, and no private key was given`,
    );
  }
  const file = storage.filePath?.(part.key) ?? join(directory, 'key-trial');
  if (storage.filePath === undefined)
    await writeFile(file, await beginningOf(storage, part.key, signal), { mode: 0o600 });
  const stop = new AbortController();
  const opened = storage.encryption.open(file, key, AbortSignal.any([signal, stop.signal]));
  try {
    // age says nothing before it has found the key; that the beginning ends early comes later.
    await Promise.race([opened.ended, once(opened.stdout, 'data')]);
  } catch (error) {
    if (!isHoldfastError(error) || error.type !== 'ObjectDamaged') throw error;
  } finally {
    stop.abort();
  }
}

async function beginningOf(storage: Repository, key: string, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await storage.read(key, signal)) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
    if (bytes >= AGE_HEADER_LIMIT) break;
  }
  return Buffer.concat(chunks);
}
