import { createReadStream, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredExtent } from '../../core/extents/map.js';
import type { RestoreAction } from '../../core/restore/actions.js';
import { parentOf } from '../../core/restore/selection.js';
import { LISTS } from './restore-spool.js';

/** A file to be written from its extents, as the planner has found it. */
export interface PlannedLargeFile {
  /** A byte string (JSON carries it as text of the same characters). */
  readonly path: string;
  /** The backup of the chain that has its map and its attributes, by place; the map's number there. */
  readonly backup: number;
  readonly shard: number;
  readonly large: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

/** The same with what its map says. */
export interface LargeFile extends PlannedLargeFile {
  /** Beside the target's file, on its file system; takes its place when it is complete. */
  readonly temporary: string;
  readonly sizeBytes: number;
  readonly mtime: string;
}

/** An extent to be written. */
export interface ExtentToWrite {
  /** Place of its file in the list of large files. */
  readonly file: number;
  readonly offsetBytes: number;
  /** Its place has so many bytes. Absent in what older versions have planned. */
  readonly lengthBytes?: number;
  readonly stored: StoredExtent;
  /** The object's key in the destination. */
  readonly key: string;
}

export const largeFileLine = ({ place, large, entry }: Extract<RestoreAction, { do: 'extract-large' }>): string => {
  const { path, mode, uid, gid } = entry;
  const planned: PlannedLargeFile = { path, backup: place.backup, shard: place.shard, large, mode, uid, gid };
  // Escaped, so that a line of bytes comes back as it was.
  return JSON.stringify(planned).replace(/[\x80-\xff]/g, (byte) => `\\u00${byte.charCodeAt(0).toString(16)}`);
};

export async function* readPlannedLargeFiles(spool: string): AsyncGenerator<PlannedLargeFile> {
  const file = join(spool, LISTS.largeFiles);
  if (!existsSync(file)) return;
  for await (const line of createInterface({ input: createReadStream(file) }))
    yield JSON.parse(line) as PlannedLargeFile;
}

export const temporaryName = (path: string, spool: string, number: number): string => {
  const parent = parentOf(path);
  return `${parent === '' ? '' : `${parent}/`}.holdfast-${basename(spool)}-${number}`;
};

const FILES = 'large-files.json';
const partName = (part: number): string => `extents-${part}.json`;

export async function writeLargeFiles(spool: string, files: readonly LargeFile[]): Promise<void> {
  await writeFile(join(spool, FILES), JSON.stringify(files), { mode: 0o600 });
}

/** None when the restore has none. */
export async function readLargeFiles(spool: string): Promise<readonly LargeFile[]> {
  const file = join(spool, FILES);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as LargeFile[]) : [];
}

export async function writeExtentsPart(spool: string, part: number, extents: readonly ExtentToWrite[]): Promise<void> {
  await writeFile(join(spool, partName(part)), JSON.stringify(extents), { mode: 0o600 });
}

export async function readExtentsPart(spool: string, part: number): Promise<readonly ExtentToWrite[]> {
  return JSON.parse(await readFile(join(spool, partName(part)), 'utf8')) as ExtentToWrite[];
}
