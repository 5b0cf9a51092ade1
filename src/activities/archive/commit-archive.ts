import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/manifest.js';
import { backupPrefix, manifestKey } from '../../core/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { CommitArchiveInput, CommitArchiveResult } from '../contract.js';
import { newestBackup, readManifest } from './chain.js';
import { composeManifest } from './compose-manifest.js';
import { encodeManifest } from './manifest-schema.js';
import { readPlanRecord } from './plan-record.js';
import { readShardRecords } from './shard-record.js';
import { storeIndex } from './store-index.js';
import { sweepUncommitted } from './sweep.js';
import { withSpool } from './spool.js';
import { withStorage } from './with-storage.js';

/**
 * Makes a backup of the stored shards: index, then manifest, written only if absent. Safe to repeat: a backup that this run has committed
 * already is a success. Throws ChainMoved when another one was committed since the plan, ObjectMissing when a shard is not stored.
 */
export async function commitArchive(
  providers: Providers,
  control: ActivityControl,
  input: CommitArchiveInput,
): Promise<CommitArchiveResult> {
  return withStorage(providers, input.source.destination, async (storage) => {
    const manifest =
      (await committedBefore(storage, input)) ?? (await commitOrFind(providers, control, storage, input));
    const backup = backupPrefix(manifest.host, manifest.source, manifest.id);
    await sweepUncommitted(storage, backup, manifest).catch((error: unknown) => {
      control.log('warn', `the plan of ${manifest.id} could not be removed`, { error: String(error) });
    });
    return resultOf(manifest);
  });
}

/** Another attempt may commit meanwhile and sweep away what this one works with: then the backup is there all the same. */
async function commitOrFind(
  providers: Providers,
  control: ActivityControl,
  storage: ObjectStorage,
  input: CommitArchiveInput,
): Promise<Manifest> {
  try {
    return await commit(providers, control, storage, input);
  } catch (error) {
    const other = await committedBefore(storage, input);
    if (other === undefined) throw error;
    return other;
  }
}

/** The backup, if it exists and is this run's. */
async function committedBefore(storage: ObjectStorage, input: CommitArchiveInput): Promise<Manifest | undefined> {
  const { host, source, plan, run } = input;
  const manifest = await readManifest(storage, host.name, source.name, plan.backupId);
  if (manifest === undefined) return undefined;
  if (manifest.run.workflowId === run.workflowId && manifest.run.runId === run.runId) return manifest;
  throw moved(input, `${plan.backupId} was committed by ${manifest.run.workflowId}`);
}

async function commit(
  providers: Providers,
  control: ActivityControl,
  storage: ObjectStorage,
  input: CommitArchiveInput,
): Promise<Manifest> {
  const { host, source, plan } = input;
  const record = await readPlanRecord(storage, plan.planPrefix);
  await assertNotMoved(storage, input, record.newest);
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  const shards = await readShardRecords(storage, backup, plan.planPrefix);
  for (let number = 0; number < plan.shards; number += 1) {
    if (shards.has(number)) continue;
    const message = `shard ${number + 1} of ${plan.shards} of ${plan.backupId} is not stored in ${storage.location}`;
    throw new HoldfastError('ObjectMissing', message, { host: host.name, source: source.name });
  }
  control.progress({ step: 'index' });
  const stored = [...shards.values()].sort((a, b) => a.shard.number - b.shard.number);
  const index = await withSpool(providers, (directory) =>
    storeIndex(storage, { backup, planPrefix: plan.planPrefix, record, shards: stored, directory }, control),
  );
  const manifest = composeManifest({
    ...input,
    record,
    shards: stored,
    index,
    holdfastVersion: providers.holdfastVersion,
  });
  const bytes = encodeManifest(manifest);

  // The last look before the one step that makes the backup: a run that was asleep meanwhile must not hide a newer one.
  await assertNotMoved(storage, input, record.newest);
  if (control.signal.aborted) throw new HoldfastError('Cancelled', `the commit of ${plan.backupId} was cancelled`);
  await storage.putIfAbsent(manifestKey(host.name, source.name, plan.backupId), bytes);
  const committed = await committedBefore(storage, input);
  if (committed === undefined) throw moved(input, `the manifest of ${plan.backupId} is gone again`);
  return committed;
}

async function assertNotMoved(
  storage: ObjectStorage,
  input: CommitArchiveInput,
  planned: string | null,
): Promise<void> {
  const newest = await newestBackup(storage, input.host.name, input.source.name);
  if ((newest?.id ?? null) === planned) return;
  throw moved(
    input,
    `the newest backup is ${newest?.id ?? 'none'}, it was ${planned ?? 'none'} when this one was planned`,
  );
}

const moved = ({ host, source }: CommitArchiveInput, message: string): HoldfastError =>
  new HoldfastError('ChainMoved', message, { host: host.name, source: source.name });

const resultOf = (manifest: Manifest): CommitArchiveResult => ({
  backupId: manifest.id,
  status: manifest.status,
  storedBytes: manifest.bytes.stored,
  rawBytes: manifest.bytes.raw,
  flaws: { count: manifest.flaws.count, first: manifest.flaws.first },
});
