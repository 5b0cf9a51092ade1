import type { ExtentFile, ExtentRun } from '../../core/extents/layout.js';
import type { ExtentMap } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { WriteExtentsInput, WriteExtentsResult } from '../contract.js';
import { readExtentPlan } from './extent-plan.js';
import type { BatchDone, RunDone } from './extent-record.js';
import { readBatch, writeBatchDone } from './extent-record.js';
import type { Repository } from './open-repository.js';
import { readExtentMap } from './read-extent-map.js';
import { SentBefore } from './sent-before.js';
import { withSpool } from './spool.js';
import { storeRun } from './store-run.js';
import { withStorage } from './with-storage.js';

/**
 * Stores one batch of a plan's extents, or what earlier attempts have not stored of it: those that differ from the version before, and no zeros.
 * A file that cannot be read, is gone or is being written to is a flaw, not a failure. Throws TransferInterrupted (worth another attempt),
 * RemoteCommandFailed, SourceMissing, DestinationFull, ObjectMissing (the plan is gone), and what the providers throw.
 */
export async function writeExtents(
  providers: Providers,
  control: ActivityControl,
  input: WriteExtentsInput,
): Promise<WriteExtentsResult> {
  const { host, source, plan, batch } = input;
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  return withStorage(providers, source.destination, async (storage) => {
    const { files, batches } = await readExtentPlan(storage, plan.planPrefix);
    const runs = batches[batch];
    if (runs === undefined) throw new HoldfastError('InternalError', `the plan has no batch ${batch} of extents`);
    const earlier = await readBatch(storage, plan.planPrefix, batch);
    if (earlier.whole !== undefined) return resultOf(earlier.whole, runs, plan.backupId, 'all');
    const sentBefore = new SentBefore(storage, backup, earlier.extents, control.signal);
    const seal = (await storage.sealing())?.data;
    const limits = providers.traffic.limit({
      host,
      destination: source.destination,
      run: input.run,
      signal: control.signal,
    });
    const target = {
      storage,
      backup,
      compressOn: plan.compressOn,
      ...(seal === undefined ? {} : { seal }),
      ...(limits === undefined ? {} : { limits }),
    };
    const done: RunDone[] = [];
    try {
      for (const run of runs) {
        const file = files[run.file] as ExtentFile;
        const on = { runner: providers.runnerFor(host), host, source, file };
        const previous = await previousMap(providers, storage, input, file, control.signal);
        done.push(await storeRun({ on, run, previous, target, sentBefore, input }, control));
      }
    } finally {
      limits?.stop();
    }
    await writeBatchDone(storage, plan.planPrefix, { batch, runs: done }, control.attemptToken);
    return resultOf({ batch, runs: done }, runs, plan.backupId, sentBefore.taken);
  });
}

async function previousMap(
  providers: Providers,
  storage: Repository,
  { host, source }: WriteExtentsInput,
  { previous }: ExtentFile,
  signal: AbortSignal,
): Promise<ExtentMap | undefined> {
  if (previous === undefined) return undefined;
  const backup = backupPrefix(host.name, source.name, previous.backupId);
  return withSpool(providers, (directory) => readExtentMap(storage, backup, previous.map, directory, signal));
}

function resultOf(
  { runs: done }: BatchDone,
  runs: readonly ExtentRun[],
  backupId: string,
  reused: number | 'all',
): WriteExtentsResult {
  const stored = done.flatMap(({ extents }) => extents);
  const own = stored.filter((extent) => extent.backupId === backupId);
  const total = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  return {
    sent: own.length,
    unchanged: stored.length - own.length,
    holes: total - stored.length,
    sizeBytes: own.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    rawBytes: done.reduce((sum, { rawBytes }) => sum + rawBytes, 0),
    flaws: done.filter(({ flaw }) => flaw !== undefined).length,
    reused: reused === 'all' ? own.length : reused,
  };
}
