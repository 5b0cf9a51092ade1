import type { Entry } from '../entries/entry.js';
import type { LivingEntry } from './merge-index.js';

/**
 * A write in the same tick of the file system's clock as the one that the scan saw leaves all times as they were. What had been
 * changed so shortly before the scan that recorded it is therefore read once more.
 */
const SAME_TICK_MS = 2_000;

/**
 * Whether an entry must be stored again. Times are compared for equality, never "newer than": clocks jump. Another device number alone is
 * no change: mounting again and snapshots give new ones.
 *
 * @param scannedAtMs when the scan that recorded `known` began, by the host's clock
 */
export function isChanged(entry: Entry, known: LivingEntry, scannedAtMs: number): boolean {
  const old = known.entry;
  return (
    entry.ctime !== old.ctime ||
    entry.mtime !== old.mtime ||
    entry.sizeBytes !== old.sizeBytes ||
    entry.inode !== old.inode ||
    entry.type !== old.type ||
    entry.mode !== old.mode ||
    entry.uid !== old.uid ||
    entry.gid !== old.gid ||
    entry.links !== old.links ||
    entry.target !== old.target ||
    wasFlawed(known) ||
    Number(old.ctime) * 1000 >= scannedAtMs - SAME_TICK_MS
  );
}

/** A socket cannot be stored next time either; all other flaws are worth another try. */
const wasFlawed = ({ flaw }: LivingEntry): boolean => flaw !== undefined && flaw !== 'unsupported';
