import type { ObjectStorage } from '../../providers/storage/object-storage.js';

/*
 * Small mutable records beside the immutable backups, below `.holdfast/`. An object is never overwritten, so a record that changes is removed and
 * written anew; what is lost between the two is written by the step's next attempt.
 */

/** All records below a prefix, by the name without `.json`; what is no JSON is left out. */
export async function readRecords<Record>(storage: ObjectStorage, prefix: string): Promise<Map<string, Record>> {
  const records = new Map<string, Record>();
  for await (const { name, kind } of storage.list(prefix)) {
    if (kind !== 'object' || !name.endsWith('.json')) continue;
    const record = await readRecord<Record>(storage, prefix + name);
    if (record !== undefined) records.set(name.slice(0, -'.json'.length), record);
  }
  return records;
}

export async function readRecord<Record>(storage: ObjectStorage, key: string): Promise<Record | undefined> {
  const bytes = await storage.readSmall(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as Record;
  } catch {
    return undefined;
  }
}

export async function replaceRecord(storage: ObjectStorage, key: string, record: object): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
  if (await storage.putIfAbsent(key, bytes)) return;
  await storage.remove([key]);
  await storage.putIfAbsent(key, bytes);
}
