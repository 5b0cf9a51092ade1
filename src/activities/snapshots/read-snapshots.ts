import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { identityProblem, type CopyIdentity } from '../../core/snapshots/identity.js';
import { parseSnapshotName } from '../../core/snapshots/names.js';
import type { KnownSnapshot } from '../../core/snapshots/snapshots.js';
import type { SnapshotCopies } from '../../providers/snapshots/snapshot-copies.js';
import type { SnapshotPin, SnapshotProblem, SnapshotSummary } from '../contract.js';
import type { MirrorPaths } from '../mirror/mirror-paths.js';
import { directoryOf, folderEntry, recordOf, type FolderEntry } from './snapshot-paths.js';
import { readPin } from './snapshot-pins.js';
import { readRecord, type SnapshotRecord } from './snapshot-record.js';

/** A snapshot as it is found: its record is there, whatever else is. */
export interface FoundSnapshot {
  readonly name: string;
  readonly kind: string;
  /** Of the backup that it holds. */
  readonly timeMs: number;
  /** Absolute. */
  readonly directory: string;
  /** Absent: it cannot be read. */
  readonly record?: SnapshotRecord;
  readonly state: KnownSnapshot['state'];
  /** Why it is damaged. */
  readonly problem?: SnapshotProblem;
  readonly pin?: SnapshotPin;
  /** Files of runs that read it, or did. */
  readonly leases: readonly string[];
}

export interface FoundSnapshots {
  /** Newest first. */
  readonly snapshots: readonly FoundSnapshot[];
  /** Damaged and foreign ones. */
  readonly problems: readonly SnapshotProblem[];
  /** What dead runs have left, or what a run is just at work on. */
  readonly leftovers: readonly { readonly file: string; readonly entry: FolderEntry }[];
}

export interface SnapshotOwner {
  readonly host: string;
  readonly source: string;
  readonly paths: Pick<MirrorPaths, 'snapshotFolder'>;
}

/**
 * All snapshots of one mirror. Reads each record and looks at each directory; no process runs.
 *
 * @param deep also asks what each subvolume is: `lstat` alone cannot tell one from another that was put in its place
 */
export async function readSnapshots(
  { host, source, paths: { snapshotFolder: folder } }: SnapshotOwner,
  deep?: { readonly copies: SnapshotCopies; readonly signal: AbortSignal },
): Promise<FoundSnapshots> {
  const files = (await filesIn(folder)).map((file) => ({ file, entry: folderEntry(file) }));
  const of = (is: FolderEntry['is']): string[] =>
    files.flatMap(({ entry }) => (entry.is === is ? [snapshotOf(entry)] : []));
  const names = of('record').sort().reverse();
  const leases = new Map<string, string[]>();
  for (const { file, entry } of files)
    if (entry.is === 'lease') leases.set(entry.snapshot, [...(leases.get(entry.snapshot) ?? []), file]);

  const pinned = new Set(of('pin'));
  const identities = deep ? await deep.copies.identify(folder, names, deep.signal) : await glances(folder, names);
  const snapshots = await Promise.all(
    names.map(async (name, index) => {
      const found = await readOne({ host, source, name }, folder, identities[index], deep === undefined);
      const pin = pinned.has(name) ? await readPin(folder, name) : undefined;
      return { ...found, leases: leases.get(name) ?? [], ...(pin === undefined ? {} : { pin }) };
    }),
  );
  const known = new Set(names);
  const announced = new Set([...of('partial-record'), ...of('removing-record')]);
  const foreign = files.filter(({ entry }) => entry.is === 'foreign' || isStray(entry, known, announced));
  return {
    snapshots: snapshots.sort((a, b) => b.timeMs - a.timeMs || (a.name < b.name ? -1 : 1)),
    problems: [
      ...snapshots.flatMap(({ problem }) => problem ?? []),
      ...foreign.map(({ file }) => foreignIn(folder, file)),
    ],
    leftovers: files.filter(({ entry }) => LEFT.has(entry.is) && !isStray(entry, known, announced)),
  };
}

const LEFT: ReadonlySet<FolderEntry['is']> = new Set([
  ...(['partial', 'partial-record', 'removing', 'removing-record', 'temporary'] as const),
]);

/** A directory that no record speaks for, finished or not: not ours. */
const isStray = (entry: FolderEntry, known: ReadonlySet<string>, announced: ReadonlySet<string>): boolean =>
  (entry.is === 'directory' && !known.has(entry.snapshot) && !announced.has(entry.snapshot)) ||
  (entry.is === 'removing' && !announced.has(entry.snapshot));

const snapshotOf = (entry: FolderEntry): string => ('snapshot' in entry ? entry.snapshot : '');

const foreignIn = (folder: string, file: string): SnapshotProblem => ({
  path: join(folder, file),
  problem: 'foreign',
  message:
    'no record speaks for it: it is not a snapshot of ours; move it elsewhere, or remove it, if you know what it is',
});

async function readOne(
  owner: { readonly host: string; readonly source: string; readonly name: string },
  folder: string,
  identity: CopyIdentity | undefined,
  glanced: boolean,
): Promise<Omit<FoundSnapshot, 'leases' | 'pin'>> {
  const { name } = owner;
  const directory = directoryOf(folder, name);
  const { timeMs, kind } = parseSnapshotName(name) ?? { timeMs: Number.NaN, kind: '' };
  const common = { name, kind, timeMs, directory };
  const reading = await readRecord(recordOf(folder, name), owner);
  if (reading.kind !== 'known') {
    const why = reading.kind === 'absent' ? 'it was removed just now' : reading.reason;
    const message = `its record cannot be read (${why}); nothing is done with it`;
    return {
      ...common,
      state: 'damaged',
      problem: { path: recordOf(folder, name), problem: 'unreadable-record', message },
    };
  }
  const { record } = reading;
  const isSomeSubvolume = glanced && identity?.type === 'directory' && identity.inode === SUBVOLUME_INODE;
  const found = isSomeSubvolume && record.copy.type === 'subvolume' ? record.copy : identity;
  const trouble = identityProblem(record.copy, found);
  if (trouble !== undefined) return { ...common, record, state: 'damaged', problem: { path: directory, ...trouble } };
  const good = record.backup.status === 'ok' && record.leftOut === undefined;
  return { ...common, record, state: good ? 'good' : 'flawed' };
}

/** Of the root of every subvolume. */
const SUBVOLUME_INODE = '256';

/** As much as `lstat` tells: that there is a directory, and which; of a subvolume only that it is one. */
async function glances(folder: string, names: readonly string[]): Promise<(CopyIdentity | undefined)[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        const stats = await lstat(directoryOf(folder, name), { bigint: true });
        if (stats.isDirectory()) return { type: 'directory', inode: String(stats.ino) };
        return { type: 'other', what: stats.isSymbolicLink() ? 'a symbolic link' : 'no directory' };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    }),
  );
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** As core's decisions see them. */
export const knownOf = ({ name, kind, timeMs, state, pin }: FoundSnapshot, inUse: boolean): KnownSnapshot => ({
  name,
  kind,
  timeMs,
  state,
  pinned: pin !== undefined,
  inUse,
});

/** As lists show them. Undefined when its record cannot be read. */
export function summaryOf(
  { name, kind, timeMs, directory, record, state, problem, pin }: FoundSnapshot,
  inUse: boolean,
): SnapshotSummary | undefined {
  if (record === undefined) return undefined;
  const { host, source, backup, madeAt, method, leftOut } = record;
  const lacks =
    leftOut === undefined
      ? undefined
      : `${leftOut.count} subvolumes below the mirror are empty in it: ${leftOut.first.join(', ')}`;
  const said = problem?.message ?? lacks;
  return {
    ...{ host, source, name, kind, method, inUse },
    backupId: backup.backupId,
    at: new Date(timeMs).toISOString(),
    madeAt,
    status: state === 'damaged' ? 'damaged' : state === 'good' ? 'ok' : 'warning',
    ...(said === undefined ? {} : { problem: said }),
    path: directory,
    entries: backup.entries,
    sourceBytes: backup.sourceBytes,
    ...(pin === undefined ? {} : { pinned: pin }),
  };
}
