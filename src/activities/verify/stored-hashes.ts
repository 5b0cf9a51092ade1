import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import { TarError } from '../../core/verify/tar-header.js';
import { type TarMember, TarReader } from '../../core/verify/tar-reader.js';
import type { Repository } from '../archive/open-repository.js';
import { fetchObject } from '../archive/read-index.js';
import { contentOf } from './opened-object.js';

/** SHA-256 of files as a shard holds them, under any of their names. Throws ObjectMissing or ObjectDamaged. */
export async function storedHashes(
  storage: Repository,
  manifest: Manifest,
  shardNumber: number,
  files: readonly Pick<Entry, 'path' | 'links'>[],
  directory: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const shard = manifest.shards.find(({ number }) => number === shardNumber);
  if (shard === undefined) throw new HoldfastError('ObjectDamaged', `${manifest.id} has no shard ${shardNumber}`);
  const key = backupPrefix(manifest.host, manifest.source, manifest.id) + shard.name;
  const copy = join(directory, 'object');
  try {
    const file = await fetchObject(storage, key, shard, copy, signal);
    return await hashMembers(contentOf(storage, file, shard.name, signal), key, files);
  } finally {
    await rm(copy, { force: true });
  }
}

async function hashMembers(
  content: AsyncIterable<Buffer>,
  key: string,
  files: readonly Pick<Entry, 'path' | 'links'>[],
): Promise<Map<string, string>> {
  const wanted = new Set(files.map(({ path }) => path));
  // Which member holds the content of a hard link is known only when it has gone by.
  const wantsAll = files.some(({ links }) => links > 1);
  const hashes = new Map<string, string>();
  let open: { readonly path: string; readonly hash: Hash } | undefined;
  const wants = ({ path, type }: TarMember): boolean => type === 'f' && (wantsAll || wanted.has(path));
  const close = (): void => {
    if (open !== undefined) hashes.set(open.path, open.hash.digest('hex'));
    open = undefined;
  };
  const reader = new TarReader({
    member: (member) => {
      close();
      const linked = member.type === 'hard link' ? hashes.get(member.target) : undefined;
      if (linked !== undefined) hashes.set(member.path, linked);
      if (wants(member)) open = { path: member.path, hash: createHash('sha256') };
    },
    wantsContent: wants,
    content: (piece) => void open?.hash.update(piece),
  });
  try {
    for await (const chunk of content) reader.push(chunk);
    reader.end();
    close();
  } catch (error) {
    if (error instanceof TarError)
      throw new HoldfastError('ObjectDamaged', `${key} is no whole archive: ${error.message}`);
    throw error;
  }
  return hashes;
}
