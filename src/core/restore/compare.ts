import { type Entry, textOf } from '../entries/entry.js';

export interface CompareOptions {
  /** Owners can be set and compared: only root can. */
  readonly owners: boolean;
  /** The entry was changing while it was read: its size and time may differ from what the scan saw. */
  readonly mayHaveChanged?: boolean;
}

export interface Difference {
  readonly what: 'type' | 'size' | 'mtime' | 'link target' | 'mode' | 'uid' | 'gid' | 'hard links';
  readonly text: string;
}

/**
 * What differs between an entry of a point and the entry found in a target; empty when they are the same as far as a scan sees. ctime, inode, device, link count and blocks belong to the file system they are on, not to the backup.
 */
export function differencesBetween(expected: Entry, found: Entry, options: CompareOptions): Difference[] {
  if (expected.type !== found.type) return [differs('type', expected.type, found.type)];
  const differences: Difference[] = [];
  const note = (what: Difference['what'], wanted: string | number, got: string | number): void => {
    if (wanted !== got) differences.push(differs(what, wanted, got));
  };
  if (!options.mayHaveChanged) {
    if (expected.type === 'f') note('size', expected.sizeBytes, found.sizeBytes);
    note('mtime', expected.mtime, found.mtime);
  }
  if (expected.type === 'l') note('link target', textOf(expected.target), textOf(found.target));
  else note('mode', expected.mode, found.mode);
  if (options.owners) {
    note('uid', expected.uid, found.uid);
    note('gid', expected.gid, found.gid);
  }
  return differences;
}

const differs = (what: Difference['what'], wanted: string | number, got: string | number): Difference => ({
  what,
  text: `${what} is ${got} instead of ${wanted}`,
});

/** Whether the found entry is already what the point has, so that nothing needs to be written. */
export function sameEntry(expected: Entry, found: Entry, options: CompareOptions): boolean {
  return differencesBetween(expected, found, options).length === 0;
}
