import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/entries/byte-records.js';
import type { Entry } from '../../core/entries/entry.js';
import type { EntryFilters } from '../../core/filters/entry-filters.js';
import type { FilterRule } from '../../core/filters/rules.js';
import { compileRules } from '../../core/filters/filters.js';
import { MarkedDirectories, RestoreProtection } from '../../core/restore/protection.js';
import { parentOf } from '../../core/restore/selection.js';
import { readRecords } from '../archive/read-records.js';
import { livingEntries, type OpenPoint } from './living-entries.js';
import { nulList, readNames } from './name-lists.js';

const POINT_MARKS = 'marked-directories';

/** Which entries of a target stay although a point does not have them. */
export type StaysInTarget = (entry: Entry) => boolean;

const NOTHING_STAYS: StaysInTarget = () => false;

/** Notes in the spool which directories of the point bear a mark, for `entriesThatStay`. */
export async function notePointMarks(
  point: OpenPoint,
  filters: EntryFilters | undefined,
  spool: string,
  signal: AbortSignal,
): Promise<void> {
  if (filters === undefined) return;
  const marked = new MarkedDirectories(filters);
  for await (const batch of livingEntries(point, signal)) for (const { entry } of batch) marked.see(entry.path);
  if (marked.paths.size > 0) await writeFile(join(spool, POINT_MARKS), nulList([...marked.paths]), { mode: 0o600 });
}

export interface ScannedTarget {
  readonly spool: string;
  /** What a scan of the target listed, on this machine. */
  readonly recordsFile: string;
  readonly exclude: readonly FilterRule[];
  readonly filters: EntryFilters | undefined;
  /** When the restored backup was scanned. */
  readonly scannedAtMs: number;
}

/** Entries that the backup's filters may have left out, and the directories that hold some. */
export async function entriesThatStay({
  spool,
  recordsFile,
  exclude,
  filters,
  scannedAtMs,
}: ScannedTarget): Promise<StaysInTarget> {
  if (filters === undefined || !existsSync(recordsFile)) return NOTHING_STAYS;
  const scan = (): AsyncIterable<readonly Entry[]> => readRecords(recordsFile, compileRules(exclude));
  const marked = new MarkedDirectories(filters);
  for (const path of await readNames(spool, POINT_MARKS)) marked.paths.add(path);
  let device = '';
  for await (const batch of scan()) {
    for (const entry of batch) {
      marked.see(entry.path);
      if (entry.path === '') device = detached(entry.device);
    }
  }
  const protection = new RestoreProtection({ filters, scannedAtMs, marked: marked.paths, device });
  const holders = new Set<string>();
  for await (const batch of scan()) {
    for (const entry of batch) {
      if (!protection.covers(entry)) continue;
      for (let path = entry.path; path !== ''; ) {
        path = parentOf(path);
        if (holders.has(path)) break;
        holders.add(detached(path));
      }
    }
  }
  return (entry) => (entry.type === 'd' && holders.has(entry.path)) || protection.covers(entry);
}
