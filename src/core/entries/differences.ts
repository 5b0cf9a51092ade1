import type { Entry } from './entry.js';

/** `ctime`: nothing else differs; contents, access lists or extended attributes may. */
export type Difference = 'type' | 'size' | 'mtime' | 'mode' | 'owner' | 'target' | 'ctime';

/** What differs between two states of one name; none when they count as the same. */
export function differencesOf(before: Entry, now: Entry): Difference[] {
  if (before.type !== now.type) return ['type'];
  const differences: Difference[] = [];
  // A directory's size says how its file system stores it.
  if (now.type !== 'd' && before.sizeBytes !== now.sizeBytes) differences.push('size');
  if (before.mtime !== now.mtime) differences.push('mtime');
  if (before.mode !== now.mode) differences.push('mode');
  if (before.uid !== now.uid || before.gid !== now.gid) differences.push('owner');
  if (before.target !== now.target) differences.push('target');
  if (differences.length === 0 && now.type !== 'd' && before.ctime !== now.ctime) differences.push('ctime');
  return differences;
}
