import type { Entry, Flaw, IndexLine } from '../entries/entry.js';
import { differencesOf } from '../entries/differences.js';

/** A backup whose index was read. */
export interface SearchedBackup {
  readonly id: string;
  /** Ids from level 0 to this one. */
  readonly chain: readonly string[];
}

export interface Version {
  readonly backupId: string;
  readonly change: 'new' | 'changed' | 'deleted';
  /** Undefined for a deletion. */
  readonly entry?: Entry;
  readonly flaw?: Flaw;
}

/**
 * The backups in which one path is other than in the backup before. A full backup has lines for unchanged entries too, and levels may build on
 * another backup than the one before: so each backup's own state is looked up along its chain, and the states are compared.
 *
 * @param backups oldest first; those with a link that could not be read must be left out
 * @param lines the path's lines, by backup id
 */
export function versionsOf(backups: readonly SearchedBackup[], lines: ReadonlyMap<string, IndexLine>): Version[] {
  const versions: Version[] = [];
  let before: Entry | undefined;
  for (const { id, chain } of backups) {
    const line = newestLine(chain, lines);
    const now = line === undefined || line.deleted ? undefined : line.entry;
    const flaw = line === undefined || line.deleted ? undefined : line.flaw;
    if (now === undefined) {
      if (before !== undefined) versions.push({ backupId: id, change: 'deleted' });
    } else if (before === undefined || differencesOf(before, now).length > 0) {
      const change = before === undefined ? 'new' : 'changed';
      versions.push({ backupId: id, change, entry: now, ...(flaw === undefined ? {} : { flaw }) });
    }
    before = now;
  }
  return versions;
}

function newestLine(chain: readonly string[], lines: ReadonlyMap<string, IndexLine>): IndexLine | undefined {
  for (let link = chain.length - 1; link >= 0; link -= 1) {
    const line = lines.get(chain[link] as string);
    if (line !== undefined) return line;
  }
  return undefined;
}
