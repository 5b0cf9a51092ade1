import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import type { ShardPlace } from '../../core/restore/actions.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { RestorePart } from './restore-spool.js';

/** Names of a part's lists in the spool. */
export const partLists = ({ backup, shard }: ShardPlace): { readonly names: string; readonly links: string } => ({
  names: `names-${backup}-${shard}`,
  links: `links-${backup}-${shard}`,
});

/** The shards that a plan takes something from, in chain order. Throws ObjectDamaged when an index names one that its backup does not have. */
export function partsOf(
  chain: readonly Manifest[],
  lists: ReadonlyMap<string, number>,
): Readonly<Record<'contents' | 'skeletons' | 'directories', readonly RestorePart[]>> {
  const parts = { contents: [] as RestorePart[], skeletons: [] as RestorePart[], directories: [] as RestorePart[] };
  const left = new Set([...lists.keys()].filter((list) => /^(?:names|links)-/.test(list)));
  for (const [backup, manifest] of chain.entries()) {
    for (const { number: shard, kind, name, sha256, sizeBytes } of manifest.shards) {
      const { names, links } = partLists({ backup, shard });
      const has = { names: left.delete(names), links: left.delete(links) };
      if (!has.names && !has.links) continue;
      const key = backupPrefix(manifest.host, manifest.source, manifest.id) + name;
      const part = { backupId: manifest.id, shard, key, sha256, sizeBytes };
      parts[kind === 'content' ? 'contents' : kind].push({
        ...part,
        names: has.names ? names : '',
        links: has.links ? links : '',
      });
    }
  }
  const [unknown] = left;
  if (unknown !== undefined) {
    const [, backup, shard] = unknown.split('-');
    const message = `the index of backup ${chain[Number(backup)]?.id} names shard ${shard}, which the backup does not have`;
    throw new HoldfastError('ObjectDamaged', message);
  }
  return parts;
}

/** Checks by size that the objects a restore needs are there, before anything is changed. Throws ObjectMissing or ObjectDamaged, naming the backup. */
export async function checkParts(
  storage: ObjectStorage,
  parts: readonly Pick<RestorePart, 'key' | 'backupId' | 'sizeBytes'>[],
): Promise<void> {
  for (const prefix of new Set(parts.map(({ key }) => prefixOf(key)))) {
    const sizes = new Map<string, number | undefined>();
    for await (const { name, kind, sizeBytes } of storage.list(prefix)) {
      if (kind === 'object') sizes.set(prefix + name, sizeBytes);
    }
    for (const part of parts.filter(({ key }) => prefixOf(key) === prefix)) await checkPart(storage, part, sizes);
  }
}

const prefixOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);

async function checkPart(
  storage: ObjectStorage,
  part: Pick<RestorePart, 'key' | 'backupId' | 'sizeBytes'>,
  sizes: ReadonlyMap<string, number | undefined>,
): Promise<void> {
  const { key, backupId, sizeBytes } = part;
  const size = sizes.get(key) ?? (sizes.has(key) ? await storage.size(key) : undefined);
  if (size === sizeBytes) return;
  if (size === undefined)
    throw new HoldfastError('ObjectMissing', `backup ${backupId}: ${key} is missing in ${storage.location}`);
  const message = `backup ${backupId}: ${key} in ${storage.location} has ${size} bytes instead of ${sizeBytes}`;
  throw new HoldfastError('ObjectDamaged', message);
}
