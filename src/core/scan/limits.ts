import { BTRFS_FREEZE_DIRECTORY } from '../freeze/freeze.js';
import { type EntryFilters, markNames } from '../filters/entry-filters.js';
import { excludedDirectories } from '../filters/find.js';
import type { FilterRule } from '../filters/rules.js';
import { PSEUDO_FILE_SYSTEMS } from './pseudo-filesystems.js';

/** What a scan need not look at. The worker decides again over every entry that is listed, but for what lies in marked directories. */
export interface ScanLimits {
  /** rsync's rules, in order. */
  readonly exclude?: readonly FilterRule[];
  readonly filters?: EntryFilters;
}

/** How find begins at `.`. */
export const findRoot = ({ filters }: ScanLimits): readonly string[] => [
  'find',
  '.',
  ...(filters?.oneFileSystem === true ? ['-xdev'] : []),
];

/**
 * What find passes by, with `-o` at the end: directories that the rules exclude (before anything looks at them: they may hang), our own one, and
 * mount points of file systems without data of their own, which are listed with `listed`.
 */
export function passedBy({ exclude = [] }: ScanLimits, listed: readonly string[]): readonly string[] {
  const excluded = excludedDirectories(exclude);
  const types = PSEUDO_FILE_SYSTEMS.flatMap((type) => ['-o', '-fstype', type]).slice(1);
  return [
    ...(excluded === undefined ? [] : ['-regextype', 'posix-extended', ...excluded, '-prune', '-o']),
    ...['-path', `./${BTRFS_FREEZE_DIRECTORY}`, '-prune', '-o'],
    ...['(', ...types, ')', '-prune', ...listed, '-o'],
  ];
}

/** Whether directories may be marked: then they are walked level by level, since find cannot look for a mark before it enters. */
export const looksForMarks = ({ filters }: ScanLimits): boolean =>
  filters !== undefined && markNames(filters).length > 0;
