import { readdir } from 'node:fs/promises';
import { nextBackupTimeMs } from '../../core/backup-time.js';
import { textOf } from '../../core/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { parseItemized } from '../../core/rsync-itemized.js';
import { DRY_RUN_OUTPUT } from '../../core/rsync-options.js';
import { NO_STATISTICS } from '../../core/rsync-statistics.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { InspectMirrorResult, MirrorInput, TransferStatistics } from '../contract.js';
import { copyFromHost } from './copy-from-host.js';
import { atDestination } from './destination-access.js';
import { endLeftoverWriters } from './leftover-writers.js';
import { withLeftOut } from './left-out-list.js';
import { type OpenMirror, openMirrorForRsync } from './open-mirror.js';

const KEPT_NAMES = 100;

/**
 * Says what a run would change, without changing anything: rsync's dry run against the mirror. Where there is no mirror yet there is nothing that could be
 * lost, so the host is not read twice.
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
  if (!inUse) return { ...firstLook(mirror), notes };

  const { mirror: limited, files } = await withLeftOut(providers, control, mirror, input.run, 'now');
  if (files > 0) notes.push(`Left out for size or age: ${files} ${files === 1 ? 'file' : 'files'}.`);
  const seen = await dryRun(providers, control, limited);
  const { statistics } = seen;
  const before = entriesBefore(mirror) ?? statistics.filesTotal - seen.created + seen.deleted;
  return {
    ...lastId(mirror),
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
  const firstDeleted: string[] = [];
  const onLine = (line: string): void => {
    const change = parseItemized(line);
    if (!change) return;
    counts[change.kind] += 1;
    if (change.kind === 'deleted' && firstDeleted.length < KEPT_NAMES) firstDeleted.push(textOf(change.path));
    control.progress({ ...counts });
  };
  const outcome = await copyFromHost(providers, control, mirror, { words: DRY_RUN_OUTPUT, onLine, writes: false });
  if (outcome.kind === 'failed') throw new HoldfastError(outcome.type, outcome.message, mirror.place);
  return {
    statistics: outcome.statistics,
    created: counts.created,
    deleted: counts.deleted,
    changes: counts.created + counts.changed + counts.deleted,
    firstDeleted,
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

const lastOf = ({ before }: OpenMirror) => (before.kind === 'known' ? before.state.last : undefined);
const isCommitted = ({ before }: OpenMirror): boolean => before.kind === 'known' && before.state.state === 'committed';

function lastId(mirror: OpenMirror): { lastBackupId?: string } {
  const last = lastOf(mirror);
  return last === undefined ? {} : { lastBackupId: last.backupId };
}
