import { dumpTasks } from '../../core/dump/dump.js';
import { EXTENT_BYTES, extentSizeFor } from '../../core/extents/layout.js';
import { HoldfastError } from '../../core/failures.js';
import type { ArchiveOptions } from '../../core/archive/manifest.js';
import { backupPrefix, planPrefix } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { chooseLevel, type Ground } from '../archive/choose-level.js';
import { ensureRepository } from '../archive/repository.js';
import { writeRunMark } from '../archive/run-mark.js';
import { compressor } from '../archive/scan-host.js';
import { withSpool } from '../archive/spool.js';
import { withStorage } from '../archive/with-storage.js';
import { bothOf } from '../both-of.js';
import type { ArchivePlan, DumpPlanned, PlanArchiveInput } from '../contract.js';
import type { DumpPlanRecord } from './dump-records.js';
import { writeDumpPlan } from './dump-records.js';
import { dumpOf, placeOf } from './dump-session.js';
import type { ServerLook } from './look-at-server.js';
import { lookAtServer } from './look-at-server.js';

/**
 * Looks at the server and decides what is dumped; the list lies in the destination. A dry run writes nothing.
 * Throws DatabaseUnreachable, DatabaseLoginFailed, DatabaseNotFound, DumpFailed, ToolMissing, ClockBehind, and what the providers throw.
 */
export async function planDump(
  providers: Providers,
  control: ActivityControl,
  input: PlanArchiveInput,
): Promise<DumpPlanned> {
  const { host, source, options } = input;
  return withStorage(providers, source.destination, (storage) =>
    withSpool(providers, async (directory) => {
      await ensureRepository(storage, options.dryRun);
      control.progress({ step: 'look' });
      const full = { ...input, options: { ...options, full: true } };
      const [look, ground] = await bothOf(
        control.signal,
        (both) => lookAtServer(providers, { ...control, signal: both }, input),
        (both) => chooseLevel(storage, full, dumpOptions(input), directory, both),
      );
      const record = recordOf(input, look, ground);
      const prefix = options.dryRun
        ? ''
        : planPrefix(backupPrefix(host.name, source.name, ground.backupId), control.attemptToken);
      if (!options.dryRun) {
        await writeRunMark(storage, prefix, input.run);
        await writeDumpPlan(storage, prefix, record);
      }
      return { plan: describe(look, ground, record, prefix), dumps: record.tasks.length };
    }),
  );
}

/** Nothing of the filters applies. */
export const dumpOptions = ({ source }: Pick<PlanArchiveInput, 'source'>): ArchiveOptions => ({
  path: source.path,
  exclude: [],
});

function recordOf(input: PlanArchiveInput, { listed, facts }: ServerLook, { newest }: Ground): DumpPlanRecord {
  const { source } = input;
  const tasks = dumpTasks(dumpOf(input), listed);
  if (tasks.length === 0) throw new HoldfastError('DatabaseNotFound', 'the server has no database', placeOf(input));
  // Text may be larger than what it was made from.
  const estimates = tasks.map(({ estimateBytes }) => estimateBytes * 2);
  const extentSizeBytes = extentSizeFor(estimates, source.archive.extentSizeBytes ?? EXTENT_BYTES);
  return { newest, tasks, extentSizeBytes, compressOn: compressor(facts, source, placeOf(input)).compressOn };
}

/** What a later step learns stands as nothing here: sizes, and the shards that hold the files' attributes. */
function describe({ facts }: ServerLook, ground: Ground, record: DumpPlanRecord, prefix: string): ArchivePlan {
  const files = record.tasks.length;
  const entries = files + 1;
  const deleted = Math.max(0, ground.newestEntries - entries);
  return {
    backupId: ground.backupId,
    level: 0,
    parent: null,
    chain: [ground.backupId],
    planPrefix: prefix,
    shards: 0,
    counts: { entries, files, directories: 1, symlinks: 0, others: 0 },
    sourceBytes: 0,
    previousEntries: ground.newestEntries,
    changed: entries,
    changedBytes: record.tasks.reduce((sum, { estimateBytes }) => sum + estimateBytes, 0),
    deleted,
    firstDeleted: [],
    scannedAtMs: Math.floor(Number(facts.clock ?? 0) * 1000) || Date.now(),
    compressOn: record.compressOn,
    tarVersion: '',
    tarOptions: [],
    compressor: record.compressOn === 'none' ? 'none' : 'zstd on the worker',
    // Each dump is a full one: that is no news.
    notes: ground.notes.filter((note) => !note.startsWith('A new chain starts: a full backup was asked for')),
  };
}
