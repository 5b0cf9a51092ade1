import type { ConsolidationPlan, TakenFile } from '../../core/archive/consolidation.js';
import { encodeExtentMap } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import type { ManifestExtents, ShardObject, StoredObject } from '../../core/archive/manifest.js';
import { backupPrefix, extentMapName, extentName, shardName } from '../../core/archive/manifest-keys.js';
import type { Manifest } from '../../core/archive/manifest.js';
import type { ActivityControl } from '../activity-control.js';
import { storeCompressed } from './object-text.js';
import type { Repository } from './open-repository.js';
import { readExtentMap } from './read-extent-map.js';

const AT_ONCE = 4;

export interface CopiedObjects {
  readonly shards: readonly ShardObject[];
  readonly extents: ManifestExtents | undefined;
}

interface Copying {
  readonly storage: Repository;
  readonly control: ActivityControl;
  /** The new backup. */
  readonly backupId: string;
  readonly prefix: string;
  /** Of this machine, for copies of maps. */
  readonly directory: string;
}

/** Lets the storage copy what a new level 0 takes over from its chain. No content comes through this machine where the storage can do without. */
export async function copyChainObjects(copying: Copying, plan: ConsolidationPlan): Promise<CopiedObjects> {
  const { control, storage, prefix } = copying;
  let copiedBytes = 0;
  const copy = async (manifest: Pick<Manifest, 'host' | 'source' | 'id'>, from: StoredObject, name: string) => {
    control.signal.throwIfAborted();
    const key = backupPrefix(manifest.host, manifest.source, manifest.id) + from.name;
    await storage.copy(key, prefix + name, { signal: control.signal });
    copiedBytes += from.sizeBytes;
    control.progress({ step: 'copy', copiedBytes });
  };

  const shards = await mapSome(plan.shards, async ({ manifest, shard, number }): Promise<ShardObject> => {
    const name = withEndingOf(shardName(number, control.attemptToken), shard.name);
    await copy(manifest, shard, name);
    return { ...shard, number, name };
  });

  const maps: ManifestExtents['maps'][number][] = [];
  const stored: StoredObject[] = [];
  let rawBytes = 0;
  for (const { manifest, large, number } of plan.files) {
    const map = await extentMapOf(copying, { manifest, large, number });
    const extents = await mapSome(map.extents, async (one) => {
      const name = withEndingOf(extentName(number, one.extent, control.attemptToken), one.object.name);
      await copy({ ...manifest, id: one.backupId }, one.object, name);
      const object = { ...one.object, name };
      stored.push(object);
      rawBytes += Math.min(map.extentSizeBytes, map.sizeBytes - one.extent * map.extentSizeBytes);
      return { ...one, backupId: copying.backupId, object };
    });
    const text = [...encodeExtentMap({ ...map, extents })].join('');
    const name = extentMapName(number, control.attemptToken);
    const object = await storeCompressed(storage, prefix, name, once(text), control.signal);
    maps.push({ ...object, number, extentSizeBytes: map.extentSizeBytes });
  }
  return { shards, extents: maps.length === 0 ? undefined : { maps, stored, rawBytes } };
}

async function extentMapOf({ storage, control, directory }: Copying, { manifest, large }: TakenFile) {
  const prefix = backupPrefix(manifest.host, manifest.source, manifest.id);
  const map = manifest.extents?.maps.find(({ number }) => number === large);
  if (map === undefined)
    throw new HoldfastError(
      'ObjectDamaged',
      `the index of ${manifest.id} names a large file ${large}, which it does not have`,
    );
  return readExtentMap(storage, prefix, map, directory, control.signal);
}

/** The ending says how an object is compressed and encrypted: a copy is so too. */
const withEndingOf = (name: string, of: string): string => name.slice(0, name.indexOf('.')) + of.slice(of.indexOf('.'));

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/** In order, some at a time. */
async function mapSome<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let next = 0; next < items.length; next += AT_ONCE)
    results.push(...(await Promise.all(items.slice(next, next + AT_ONCE).map(work))));
  return results;
}
