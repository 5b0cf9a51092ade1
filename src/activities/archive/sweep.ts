import type { Manifest } from '../../core/archive/manifest.js';
import { MANIFEST_NAME } from '../../core/archive/manifest-keys.js';
import { objectsOf } from '../../core/archive/chain.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';

/** Removes what lies in a committed backup's prefix and does not belong to it: plans, shards and indexes of attempts that were not taken. */
export async function sweepUncommitted(storage: ObjectStorage, backup: string, manifest: Manifest): Promise<void> {
  const kept = new Set([MANIFEST_NAME, ...objectsOf(manifest).map(({ name }) => name)].map((name) => backup + name));
  await removeAll(storage, backup, (key) => !kept.has(key));
}

export async function removeAll(
  storage: ObjectStorage,
  prefix: string,
  chosen: (key: string) => boolean,
): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of storage.listAll(prefix)) if (chosen(key)) keys.push(key);
  if (keys.length > 0) await storage.remove(keys);
}
