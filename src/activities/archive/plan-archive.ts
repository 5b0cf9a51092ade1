import type { ExtentCollector } from '../../core/extents/collector.js';
import { leftOutFiles } from '../../core/filters/entry-filters.js';
import { errorCountsOfFlaws } from '../../core/errors/flaw-errors.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { sourceMissingMessage } from '../../core/guard/guard.js';
import { StoreTypes } from '../../core/archive/store-types.js';
import { compileRules } from '../../core/filters/filters.js';
import type { ArchiveOptions } from '../../core/archive/manifest.js';
import { backupPrefix, PLAN_ENTRIES, planPrefix } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { bothOf } from '../both-of.js';
import type { ArchivePlan, PlanArchiveInput } from '../contract.js';
import { archiveOptions } from './archive-filter.js';
import { newestUsable } from './chain.js';
import type { Ground } from './choose-level.js';
import { chooseLevel } from './choose-level.js';
import type { Cut } from './cut-shards.js';
import { cutShards } from './cut-shards.js';
import type { ExtentPlan } from './extent-plan.js';
import { extentCollector, extentPlan, storeExtentPlan } from './extent-plan.js';
import type { Changes } from './list-changes.js';
import { listChanges } from './list-changes.js';
import { storeCompressed } from './object-text.js';
import type { Repository } from './open-repository.js';
import { type PlanRecord, writePlanRecord } from './plan-record.js';
import { storeMembers } from './shard-members.js';
import { ensureRepository } from './repository.js';
import { writeRunMark } from './run-mark.js';
import type { HostScan } from './scan-host.js';
import { scanHost } from './scan-host.js';
import { withSpool } from './spool.js';
import { withStorage } from './with-storage.js';

/**
 * Scans a source, compares it with its chain and cuts what changed into shards; the lists lie in the destination. A dry run writes nothing.
 * Throws SourceMissing, or SourceHeld where it was backed up
 * before; SourceNotDirectory, ToolMissing, ClockBehind, DestinationInvalid, RemoteCommandFailed, and what the providers throw.
 */
export async function planArchive(
  providers: Providers,
  control: ActivityControl,
  input: PlanArchiveInput,
): Promise<ArchivePlan> {
  const { host, source, options: run } = input;
  const { signal } = control;
  const options = await archiveOptions(source, { host: host.name, source: source.name });
  return withStorage(providers, source.destination, (storage) =>
    withSpool(providers, async (directory) => {
      await ensureRepository(storage, run.dryRun);
      control.progress({ step: 'scan' });
      const [scan, ground] = await bothOf(
        signal,
        (both) => scanHost(providers, host, source, directory, both, options),
        (both) => chooseLevel(storage, input, options, directory, both),
      ).catch((error: unknown) => holdMissing(error, storage, input));
      control.progress({ step: 'compare' });
      const { largeFileSizeBytes } = source.archive;
      const changes = await listChanges(
        scan,
        ground,
        compileRules(options.exclude),
        directory,
        signal,
        largeFileSizeBytes,
        leftOutFiles(options.filters ?? {}, scan.scannedAtMs),
        // Where nothing is compressed there is nothing to set apart.
        new StoreTypes(scan.compressOn === 'none' ? [] : source.archive.storeTypes),
      );
      control.progress({ step: 'plan', changed: changes.totals.changed });
      const prefix = run.dryRun
        ? ''
        : planPrefix(backupPrefix(host.name, source.name, ground.backupId), control.attemptToken);
      const large = extentCollector(source);
      if (!run.dryRun) await writeRunMark(storage, prefix, input.run);
      const cut = run.dryRun
        ? await countShards(changes, source.archive.shardSizeBytes, large)
        : await storePlan(storage, prefix, {
            changes,
            large,
            ground,
            options,
            targetBytes: source.archive.shardSizeBytes,
            signal,
          });
      const extents = extentPlan(large, changes.largeBefore, ground.links);
      if (!run.dryRun && extents.files.length > 0) await storeExtentPlan(storage, prefix, extents);
      return describe(scan, ground, changes, cut, prefix, extents);
    }),
  );
}

/** A person may bring it back: then it is looked at again. */
async function holdMissing(
  error: unknown,
  storage: Repository,
  { host, source }: PlanArchiveInput,
): Promise<[HostScan, Ground]> {
  if (!isHoldfastError(error) || error.type !== 'SourceMissing') throw error;
  const newest = await newestUsable(storage, host.name, source.name);
  if (newest === undefined) throw error;
  const place = { host: host.name, source: source.name };
  throw new HoldfastError('SourceHeld', `Held: ${sourceMissingMessage(newest.counts.entries)}.`, place, {
    cause: error,
  });
}

interface PlanContent {
  readonly changes: Changes;
  readonly large: ExtentCollector;
  readonly ground: Ground;
  readonly options: ArchiveOptions;
  readonly targetBytes: number;
  readonly signal: AbortSignal;
}

async function storePlan(storage: Repository, prefix: string, content: PlanContent): Promise<Cut> {
  const { changes, large, ground, options, targetBytes, signal } = content;
  const result: { cut?: Cut } = {};
  const text = async function* (): AsyncGenerator<string> {
    result.cut = yield* cutShards(changes, targetBytes, (shard) => storeMembers(storage, prefix, shard), large);
  };
  await storeCompressed(storage, prefix, PLAN_ENTRIES, text(), signal);
  if (result.cut === undefined) throw new HoldfastError('InternalError', 'the plan was stored before it was complete');
  await writePlanRecord(storage, prefix, {
    newest: ground.newest,
    options,
    draftLines: result.cut.draftLines,
    ...(result.cut.directoriesShard === undefined ? {} : { directoriesShard: result.cut.directoriesShard }),
    ...(result.cut.skeletonsShard === undefined ? {} : { skeletonsShard: result.cut.skeletonsShard }),
    scanFlaws: scanFlawsOf(changes),
  });
  return result.cut;
}

function scanFlawsOf({ totals: { flaws } }: Changes): PlanRecord['scanFlaws'] {
  const count = flaws.length;
  return { count, first: flaws.slice(0, 100), errorCounts: errorCountsOfFlaws({ count, first: flaws }) };
}

async function countShards(changes: Changes, targetBytes: number, large: ExtentCollector): Promise<Cut> {
  const cutting = cutShards(changes, targetBytes, async () => undefined, large);
  for (;;) {
    const step = await cutting.next();
    if (step.done) return step.value;
  }
}

function describe(
  scan: HostScan,
  ground: Ground,
  changes: Changes,
  cut: Cut,
  prefix: string,
  extents: ExtentPlan,
): ArchivePlan {
  const { totals } = changes;
  const chain = ground.links.map(({ id }) => id);
  const fresh = ground.level === 0;
  return {
    backupId: ground.backupId,
    level: ground.level,
    parent: chain.at(-1) ?? null,
    chain: [...chain, ground.backupId],
    planPrefix: prefix,
    shards: cut.shards,
    ...(extents.files.length === 0 ? {} : { extentBatches: extents.batches.length }),
    counts: totals.counts,
    sourceBytes: totals.sourceBytes,
    // A new chain compares with nothing; what the last backup had still tells an emptied source.
    previousEntries: fresh ? Math.max(0, ground.newestEntries - totals.leftOut) : totals.previousEntries,
    changed: totals.changed,
    changedBytes: totals.changedBytes,
    deleted: fresh ? Math.max(0, ground.newestEntries - totals.leftOut - totals.counts.entries) : totals.deleted,
    firstDeleted: totals.firstDeleted,
    ...(scan.look.fileSystem === undefined ? {} : { fileSystem: scan.look.fileSystem }),
    ...(scan.look.missingMarkers.length === 0 ? {} : { missingMarkers: scan.look.missingMarkers }),
    ...(ground.newestFileSystem === undefined ? {} : { previousFileSystem: ground.newestFileSystem }),
    scannedAtMs: scan.scannedAtMs,
    compressOn: scan.compressOn,
    tarVersion: scan.tarVersion,
    tarOptions: scan.tarOptions,
    compressor: scan.compressor,
    notes: [...ground.notes, ...notesOf(changes)],
  };
}

function notesOf({ totals }: Changes): string[] {
  const { flaws, leftOut, unsupported } = totals;
  const notes: string[] = [];
  if (leftOut > 0) notes.push(`Left out for size or age: ${counted(leftOut, 'file')}.`);
  if (flaws.length > 0) notes.push(`Not looked at: ${counted(flaws.length, 'place')}; what is known of it is kept.`);
  if (unsupported > 0) notes.push(`Not stored: ${counted(unsupported, 'socket')}, which tar cannot store.`);
  return notes;
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
