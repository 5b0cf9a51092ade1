import { Option } from 'commander';
import type { Command } from 'commander';
import type { RestorePoint } from '../activities/contract.js';
import { parseBackupId } from '../core/ids.js';
import { parsePointTime } from '../core/restore/point.js';
import { parseSnapshotName } from '../core/snapshots/names.js';

/** Options that say which point in time is meant. */
export interface PointOptions {
  readonly at?: string;
  readonly backup?: string;
  readonly snapshot?: string;
}

export const snapshotOption = (): Option =>
  new Option('--snapshot <name>', 'this snapshot of a mirror (see `holdfast snapshots list`)').conflicts([
    'at',
    'backup',
  ]);

/** `--at` means this machine's time zone; the worker may live in another, so it gets UTC. */
export function pointOf(command: Command, options: PointOptions): RestorePoint {
  if (options.snapshot !== undefined) return { snapshot: options.snapshot };
  if (options.backup !== undefined && options.backup !== 'latest') return { backupId: options.backup };
  if (options.at === undefined) return { latest: true };
  return timePoint(command, options.at, '--at ');
}

/** A point as one word: `latest`, a backup's id, a snapshot's name, or a time. */
export function pointOfWord(command: Command, word: string): RestorePoint {
  if (word === 'latest') return { latest: true };
  if (parseBackupId(word) !== undefined) return { backupId: word };
  if (parseSnapshotName(word) !== undefined) return { snapshot: word };
  return timePoint(command, word, '');
}

function timePoint(command: Command, text: string, option: string): RestorePoint {
  const timeMs = parsePointTime(text);
  if (timeMs === undefined) {
    return command.error(`${option}${text}: write a time as 2026-11-20T18:00, 2026-11-20T18:00Z or 2026-11-20.`);
  }
  return { at: new Date(timeMs).toISOString() };
}
