import { readdir } from 'node:fs/promises';
import { nextBackupTimeMs } from '../../core/archive/backup-time.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { FileSystemIdentity } from '../../core/scan/file-system-identity.js';
import { FirstNames } from '../../core/guard/first-names.js';
import { sourceMissingMessage } from '../../core/guard/guard.js';
import { parseItemized } from '../../core/rsync/itemized.js';
import { DRY_RUN_OUTPUT } from '../../core/rsync/options.js';
import { NO_STATISTICS } from '../../core/rsync/statistics.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { bothOf } from '../both-of.js';
import type { InspectMirrorResult, MirrorInput, TransferStatistics } from '../contract.js';
import { copyFromHost } from './copy-from-host.js';
import { atDestination } from './destination-access.js';
import { endLeftoverWriters } from './leftover-writers.js';
import { withLeftOut } from './left-out-list.js';
import { lookAtSource } from './look-at-source.js';
import { type OpenMirror, openMirrorForRsync } from './open-mirror.js';

/**
 * Says what a run would change, without changing anything: rsync's dry run against the mirror. Where there is no mirror yet there is nothing that could be
 * lost, so the host is not read twice. Throws SourceHeld for a source that is missing although it was backed up.
 */
export async function inspectMirror(
  providers: Providers,
  control: ActivityControl,
  input: MirrorInput,
): Promise<InspectMirrorResult> {
  const mirror = await openMirrorForRsync(input);
  // Before hours of copying that could not be committed.
  nextBackupTimeMs(Date.now(), lastOf(mirror)?.backupId);
  await endLeftoverWriters(mirror, control);
  const inUse = await holdsEntries(mirror);
  const notes = [...mirror.options.notes, ...stateNotes(mirror, inUse)];
  const place = { ...previousFileSystem(mirror) };
  const look = (signal: AbortSignal) => lookAt(providers, mirror, signal);
  const missing = (error: unknown): never => holdMissing(error, mirror);
  if (!inUse) return { ...firstLook(mirror), ...(await look(control.signal).catch(missing)), ...place, notes };

  const { mirror: limited, files } = await withLeftOut(providers, control, mirror, input.run, 'now');
  if (files > 0) notes.push(`Left out for size or age: ${files} ${files === 1 ? 'file' : 'files'}.`);
  const transfer = (signal: AbortSignal) => dryRun(providers, { ...control, signal }, limited);
  const [seen, lies] = await bothOf(control.signal, transfer, look).catch(missing);
  const { statistics } = seen;
  const before = entriesBefore(mirror) ?? statistics.filesTotal - seen.created + seen.deleted;
  return {
    ...lastId(mirror),
    ...lies,
    ...place,
    previousEntries: Math.max(0, before),
    // Files that are too old by now are still there: the source has not become empty.
    entries: statistics.filesTotal + files,
    deletions: seen.deleted,
    firstDeleted: seen.firstDeleted,
    changes: seen.changes,
    unchanged: seen.complete && seen.changes === 0 && isCommitted(mirror),
    statistics,
    notes,
  };
}

interface Seen {
  readonly statistics: TransferStatistics;
  readonly created: number;
  readonly deleted: number;
  readonly changes: number;
  readonly firstDeleted: readonly string[];
  /** All of the source could be looked at. */
  readonly complete: boolean;
}

async function dryRun(providers: Providers, control: ActivityControl, mirror: OpenMirror): Promise<Seen> {
  const counts = { created: 0, changed: 0, deleted: 0 };
  const firstDeleted = new FirstNames();
  const onLine = (line: string): void => {
    const change = parseItemized(line);
    if (!change) return;
    counts[change.kind] += 1;
    if (change.kind === 'deleted') firstDeleted.add(change.path);
    control.progress({ ...counts });
  };
  const outcome = await copyFromHost(providers, control, mirror, { words: DRY_RUN_OUTPUT, onLine, writes: false });
  if (outcome.kind === 'failed')
    throw new HoldfastError(outcome.type, outcome.message, mirror.place, { evidence: outcome.evidence });
  return {
    statistics: outcome.statistics,
    created: counts.created,
    deleted: counts.deleted,
    changes: counts.created + counts.changed + counts.deleted,
    firstDeleted: firstDeleted.names,
    complete: outcome.exitCode === 0 && outcome.flaws.count === 0,
  };
}

const firstLook = (mirror: OpenMirror): Omit<InspectMirrorResult, 'notes'> => ({
  ...lastId(mirror),
  previousEntries: 0,
  entries: 0,
  deletions: 0,
  firstDeleted: [],
  changes: 0,
  unchanged: false,
  statistics: NO_STATISTICS,
});

async function holdsEntries({ paths, place }: OpenMirror): Promise<boolean> {
  return atDestination(paths.base, place, async () => {
    const names = await readdir(paths.mirror).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.length > 0;
  });
}

/** What is recorded of the entries that the mirror had before; nothing for a mirror that another program made. */
function entriesBefore({ before }: OpenMirror): number | undefined {
  if (before.kind !== 'known') return undefined;
  const recorded = before.state.state === 'committed' ? before.state.last.entries : before.state.previousEntries;
  return recorded > 0 ? recorded : undefined;
}

function stateNotes({ before, paths }: OpenMirror, inUse: boolean): string[] {
  if (before.kind === 'unreadable') return [`The mirror counts as unfinished: ${before.reason}`];
  if (before.kind === 'known' && before.state.state === 'syncing')
    return [`The mirror was left half synchronised at ${before.state.since}; this run goes on with it.`];
  if (before.kind === 'absent' && inUse)
    return [`${paths.mirror} holds entries that Holdfast did not write; they are kept where the source has them.`];
  if (before.kind === 'known' && !inUse)
    return [`${paths.mirror} is empty although it was backed up before: everything is copied again.`];
  return [];
}

async function lookAt(
  providers: Providers,
  { host, source, place }: OpenMirror,
  signal: AbortSignal,
): Promise<Pick<InspectMirrorResult, 'fileSystem' | 'missingMarkers'>> {
  if (host.rsyncOnly === true) return {};
  const look = await lookAtSource(providers.runnerFor(host), source, signal, place);
  if (look.missing) throw new HoldfastError('SourceMissing', `${source.path} does not exist`, place);
  const { fileSystem, missingMarkers } = look;
  return {
    ...(fileSystem === undefined ? {} : { fileSystem }),
    ...(missingMarkers.length === 0 ? {} : { missingMarkers }),
  };
}

/** Only of the same directory: another path may lie anywhere. */
function previousFileSystem({ before, source }: OpenMirror): { readonly previousFileSystem?: FileSystemIdentity } {
  if (before.kind !== 'known' || before.state.path !== source.path) return {};
  const fileSystem = before.state.last?.fileSystem;
  return fileSystem === undefined ? {} : { previousFileSystem: fileSystem };
}

/** A person may bring it back: then it is looked at again. */
function holdMissing(error: unknown, mirror: OpenMirror): never {
  const had = entriesBefore(mirror) ?? 0;
  if (!isHoldfastError(error) || error.type !== 'SourceMissing' || had === 0) throw error;
  throw new HoldfastError('SourceHeld', `Held: ${sourceMissingMessage(had)}.`, mirror.place, { cause: error });
}

const lastOf = ({ before }: OpenMirror) => (before.kind === 'known' ? before.state.last : undefined);
const isCommitted = ({ before }: OpenMirror): boolean => before.kind === 'known' && before.state.state === 'committed';

function lastId(mirror: OpenMirror): { lastBackupId?: string } {
  const last = lastOf(mirror);
  return last === undefined ? {} : { lastBackupId: last.backupId };
}
