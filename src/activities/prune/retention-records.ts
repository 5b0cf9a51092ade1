import { HoldfastError } from '../../core/failures.js';
import { PRUNES_PREFIX, pendingKey, pendingPrefix, pinKey, pinPrefix } from '../../core/archive/manifest-keys.js';
import { compactStamp } from '../../core/ids.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { RunIdentity } from '../contract.js';
import { readRecords, replaceRecord } from '../verify/source-records.js';

/** A person wants this backup to stay. */
export interface PinRecord {
  readonly id: string;
  readonly pinnedAt: string;
  readonly reason?: string;
  readonly run: RunIdentity;
}

/** A backup that is going to be deleted, and since when. */
export interface PendingRecord {
  readonly id: string;
  readonly markedAt: string;
  readonly reason: string;
  readonly run: RunIdentity;
}

export const readPins = (storage: ObjectStorage, host: string, source: string): Promise<Map<string, PinRecord>> =>
  readRecords<PinRecord>(storage, pinPrefix(host, source));

export const writePin = (storage: ObjectStorage, host: string, source: string, pin: PinRecord): Promise<void> =>
  replaceRecord(storage, pinKey(host, source, pin.id), pin);

export const removePin = (storage: ObjectStorage, host: string, source: string, id: string): Promise<void> =>
  storage.remove([pinKey(host, source, id)]);

export const readPending = (
  storage: ObjectStorage,
  host: string,
  source: string,
): Promise<Map<string, PendingRecord>> => readRecords<PendingRecord>(storage, pendingPrefix(host, source));

/** A mark that is there already stays as it is: its time counts. */
export const writePending = async (
  storage: ObjectStorage,
  host: string,
  source: string,
  mark: PendingRecord,
): Promise<void> => {
  await storage.putIfAbsent(pendingKey(host, source, mark.id), Buffer.from(`${JSON.stringify(mark, null, 2)}\n`));
};

/** A time that cannot be read must not make a deletion due. */
export function markedAtMs({ id, markedAt }: PendingRecord): number {
  const timeMs = Date.parse(markedAt);
  if (Number.isFinite(timeMs)) return timeMs;
  throw new HoldfastError('ObjectDamaged', `the record that ${id} is to be deleted has no time; remove the record`);
}

const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/;
const RECORDS_KEPT = 100;

/** When the last prune of this destination ended; undefined when there was none. */
export async function lastPruneMs(storage: ObjectStorage): Promise<number | undefined> {
  const last = (await pruneNames(storage)).at(-1);
  const match = STAMP.exec(last ?? '');
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, ...number[]];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * Records one more, and forgets the oldest beyond a hundred.
 *
 * @param forgetLater the clock was wrong when records of later times were made
 */
export async function recordPruneAt(
  storage: ObjectStorage,
  timeMs: number,
  record: object,
  forgetLater: boolean,
): Promise<void> {
  const own = `${compactStamp(timeMs)}.json`;
  await storage.putIfAbsent(PRUNES_PREFIX + own, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
  const names = await pruneNames(storage);
  const forgotten = names.filter((name, at) => at < names.length - RECORDS_KEPT || (forgetLater && name > own));
  await storage.remove(forgotten.map((name) => PRUNES_PREFIX + name));
}

async function pruneNames(storage: ObjectStorage): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, kind } of storage.list(PRUNES_PREFIX))
    if (kind === 'object' && STAMP.test(name)) names.push(name);
  return names;
}
