import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import { TarError } from '../../core/verify/tar-header.js';
import { TarReader } from '../../core/verify/tar-reader.js';
import type { Repository } from '../archive/open-repository.js';
import { fetchObject } from '../archive/read-index.js';
import { contentOf } from './opened-object.js';

/**
 * SHA-256 of files as a shard holds them. Throws ObjectMissing or ObjectDamaged.
 *
 * @param paths of files with one name
 */
export async function storedHashes(
  storage: Repository,
  manifest: Manifest,
  shardNumber: number,
  paths: ReadonlySet<string>,
  directory: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const shard = manifest.shards.find(({ number }) => number === shardNumber);
  if (shard === undefined) throw new HoldfastError('ObjectDamaged', `${manifest.id} has no shard ${shardNumber}`);
  const key = backupPrefix(manifest.host, manifest.source, manifest.id) + shard.name;
  const copy = join(directory, 'object');
  try {
    const file = await fetchObject(storage, key, shard, copy, signal);
    return await hashMembers(contentOf(storage, file, shard.name, signal), key, paths);
  } finally {
    await rm(copy, { force: true });
  }
}

async function hashMembers(
  content: AsyncIterable<Buffer>,
  key: string,
  paths: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const open = new Map<string, Hash>();
  let hash: Hash | undefined;
  const reader = new TarReader({
    member: ({ path, type }) => {
      if (type !== 'f' || !paths.has(path)) return;
      hash = createHash('sha256');
      open.set(path, hash);
    },
    wantsContent: ({ path, type }) => type === 'f' && paths.has(path),
    content: (piece) => void hash?.update(piece),
  });
  try {
    for await (const chunk of content) reader.push(chunk);
    reader.end();
  } catch (error) {
    if (error instanceof TarError)
      throw new HoldfastError('ObjectDamaged', `${key} is no whole archive: ${error.message}`);
    throw error;
  }
  return new Map([...open].map(([path, done]) => [path, done.digest('hex')]));
}
