import type { ShardObject } from '../../core/archive/manifest.js';
import { DONE_PREFIX, donePrefix } from '../../core/archive/manifest-keys.js';
import type { TarVerdict } from '../../core/archive/tar-complaints.js';
import { isAsStored } from './as-stored.js';
import type { Repository } from './open-repository.js';
import { putPlanObject, readPlanObjectAt } from './plan-object.js';

export interface ShardFlaw {
  /** The entry's path, a byte string (JSON carries it as text of the same characters). */
  readonly path: string;
  readonly verdict: TarVerdict;
  readonly message: string;
}

/** Written when a shard is stored: the next attempt finds it and need not send the shard again. */
export interface ShardRecord {
  readonly shard: ShardObject;
  readonly flaws: readonly ShardFlaw[];
  /** What the storage said of the object's content when it was stored. */
  readonly fingerprint?: string;
}

export async function writeShardRecord(
  storage: Repository,
  planPrefix: string,
  record: ShardRecord,
  attemptToken: string,
): Promise<void> {
  const key = `${planPrefix}${donePrefix(record.shard.number)}${attemptToken}.json`;
  await putPlanObject(storage, key, Buffer.from(JSON.stringify(record)));
}

/** The shard as an earlier attempt has stored it, its content checked; records of what is not as it was stored are removed. */
export async function findStoredShard(
  storage: Repository,
  of: { readonly backup: string; readonly planPrefix: string; readonly shard: number },
  signal: AbortSignal,
): Promise<ShardRecord | undefined> {
  for await (const { key } of storage.listAll(of.planPrefix + donePrefix(of.shard))) {
    const record = await readRecord(storage, key);
    if (record === undefined) continue;
    const { shard, fingerprint } = record;
    if (await isAsStored(storage, of.backup + shard.name, shard, fingerprint, signal)) return record;
    await storage.remove([key]);
  }
  return undefined;
}

async function readRecord(storage: Repository, key: string): Promise<ShardRecord | undefined> {
  const bytes = await readPlanObjectAt(storage, key);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as ShardRecord);
}

/** All shards that are stored, by number; of several attempts' the first whose object is there with its size. */
export async function readShardRecords(
  storage: Repository,
  backup: string,
  planPrefix: string,
): Promise<Map<number, ShardRecord>> {
  const found = new Map<number, ShardRecord>();
  for await (const { key } of storage.listAll(planPrefix + DONE_PREFIX)) {
    const record = await readRecord(storage, key);
    if (record === undefined) continue;
    const { number, name, sizeBytes } = record.shard;
    if (found.has(number) || (await storage.size(backup + name)) !== sizeBytes) continue;
    found.set(number, record);
  }
  return found;
}
