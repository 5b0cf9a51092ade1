import { HoldfastError } from '../../core/failures.js';
import type { ShardObject } from '../../core/manifest.js';
import { DONE_PREFIX, donePrefix } from '../../core/manifest-keys.js';
import type { TarVerdict } from '../../core/tar-complaints.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';

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
}

export async function writeShardRecord(
  storage: ObjectStorage,
  planPrefix: string,
  record: ShardRecord,
  attemptToken: string,
): Promise<void> {
  const key = `${planPrefix}${donePrefix(record.shard.number)}${attemptToken}.json`;
  if (await storage.putIfAbsent(key, Buffer.from(JSON.stringify(record)))) return;
  throw new HoldfastError('InternalError', `${key} exists already`);
}

/** The shards already stored by number; of several attempts' the first whose object is there with its size. */
export async function readShardRecords(
  storage: ObjectStorage,
  backup: string,
  planPrefix: string,
  shard?: number,
): Promise<Map<number, ShardRecord>> {
  const found = new Map<number, ShardRecord>();
  const prefix = planPrefix + (shard === undefined ? DONE_PREFIX : donePrefix(shard));
  for await (const { key } of storage.listAll(prefix)) {
    const bytes = await storage.readSmall(key);
    if (bytes === undefined) continue;
    const record = JSON.parse(bytes.toString('utf8')) as ShardRecord;
    const { number, name, sizeBytes } = record.shard;
    if (found.has(number) || (await storage.size(backup + name)) !== sizeBytes) continue;
    found.set(number, record);
  }
  return found;
}
