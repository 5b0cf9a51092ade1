import type { DamageRecord } from '../../core/verify/damage.js';
import { damageKey, damagePrefix } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Repository } from '../archive/open-repository.js';
import { openDamage, sealDamage } from './sealed-damage.js';
import { readRecord, readRecords, replaceRecord } from './source-records.js';

/** What is known to be damaged of a source, by backup id. */
export async function readDamage(
  storage: Repository,
  host: string,
  source: string,
): Promise<Map<string, DamageRecord>> {
  const opened = new Map<string, DamageRecord>();
  for (const [id, record] of await readRecords<DamageRecord>(storage, damagePrefix(host, source))) {
    opened.set(id, await openDamage(storage, record));
  }
  return opened;
}

export async function readDamageOf(
  storage: Repository,
  host: string,
  source: string,
  id: string,
): Promise<DamageRecord | undefined> {
  const record = await readRecord<DamageRecord>(storage, damageKey(host, source, id));
  return record === undefined ? undefined : openDamage(storage, record);
}

export async function writeDamage(storage: Repository, record: DamageRecord): Promise<void> {
  const key = damageKey(record.host, record.source, record.backupId);
  await replaceRecord(storage, key, await sealDamage(storage, record));
}

export const clearDamage = (storage: ObjectStorage, host: string, source: string, id: string): Promise<void> =>
  storage.remove([damageKey(host, source, id)]);
