import type { ErrorCounts } from '../../core/errors/error-types.js';
import { errorCountsOfFlaws } from '../../core/errors/flaw-errors.js';
import { HoldfastError } from '../../core/failures.js';
import type { BackupLink, Manifest } from '../../core/archive/manifest.js';
import { backupPrefix, manifestKey } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { CommitArchiveInput, CommitArchiveResult } from '../contract.js';
import { newestBackup, newestUsable, readManifest } from './chain.js';
import { composeManifest, flawErrorsOf, flawsOf } from './compose-manifest.js';
import { encodeManifest } from './manifest-schema.js';
import type { Repository } from './open-repository.js';
import { readPlanRecord } from './plan-record.js';
import { expectNewest } from './rolled-back.js';
import { readShardRecords } from './shard-record.js';
import { storeIndex } from './store-index.js';
import { storeExtentMaps } from './store-extent-maps.js';
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
    const committed =
      (await committedBefore(storage, input)) ?? (await commitOrFind(providers, control, storage, input));
    const { manifest } = committed;
    await expectNewest(storage, manifest.host, manifest.source, manifest);
    const backup = backupPrefix(manifest.host, manifest.source, manifest.id);
    await sweepUncommitted(storage, backup, manifest).catch((error: unknown) => {
      control.log('warn', `the plan of ${manifest.id} could not be removed`, { error: String(error) });
    });
    return resultOf(committed);
  });
}

interface Committed {
  readonly manifest: Manifest;
  /** For the run's result; an encrypted backup's manifest names no files. */
  readonly flaws: Manifest['flaws'];
  readonly errorCounts: ErrorCounts;
}

/** Another attempt may commit meanwhile and sweep away what this one works with: then the backup is there all the same. */
async function commitOrFind(
  providers: Providers,
  control: ActivityControl,
  storage: Repository,
  input: CommitArchiveInput,
): Promise<Committed> {
  try {
    return await commit(providers, control, storage, input);
  } catch (error) {
    const other = await committedBefore(storage, input);
    if (other === undefined) throw error;
    return other;
  }
}

/** The backup, if it exists and is this run's. */
async function committedBefore(storage: Repository, input: CommitArchiveInput): Promise<Committed | undefined> {
  const { host, source, plan, run } = input;
  const manifest = await readManifest(storage, host.name, source.name, plan.backupId);
  if (manifest === undefined) return undefined;
  if (manifest.run.workflowId === run.workflowId && manifest.run.runId === run.runId) {
    return { manifest, flaws: manifest.flaws, errorCounts: errorCountsOfFlaws(manifest.flaws) };
  }
  throw moved(input, `${plan.backupId} was committed by ${manifest.run.workflowId}`);
}

async function commit(
  providers: Providers,
  control: ActivityControl,
  storage: Repository,
  input: CommitArchiveInput,
): Promise<Committed> {
  const { host, source, plan } = input;
  const record = await readPlanRecord(storage, plan.planPrefix);
  const previous = await assertNotMoved(storage, input, record.newest);
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  const shards = await readShardRecords(storage, backup, plan.planPrefix);
  for (let number = 0; number < plan.shards; number += 1) {
    if (shards.has(number)) continue;
    const message = `shard ${number + 1} of ${plan.shards} of ${plan.backupId} is not stored in ${storage.location}`;
    throw new HoldfastError('ObjectMissing', message, { host: host.name, source: source.name });
  }
  control.progress({ step: 'index' });
  const large = await storeExtentMaps(storage, control, input);
  const stored = [...shards.values()].sort((a, b) => a.shard.number - b.shard.number);
  const index = await withSpool(providers, (directory) =>
    storeIndex(storage, { backup, planPrefix: plan.planPrefix, record, shards: stored, large, directory }, control),
  );
  const manifest = composeManifest({
    ...input,
    record,
    shards: stored,
    large,
    index,
    holdfastVersion: providers.holdfastVersion,
    encryption: (await storage.sealing())?.record,
    previous,
  });
  const bytes = encodeManifest(manifest, await storage.signing());

  // The last look before the one step that makes the backup: a run that was asleep meanwhile must not hide a newer one.
  await assertNotMoved(storage, input, record.newest);
  if (control.signal.aborted) throw new HoldfastError('Cancelled', `the commit of ${plan.backupId} was cancelled`);
  await storage.putIfAbsent(manifestKey(host.name, source.name, plan.backupId), bytes);
  const committed = await committedBefore(storage, input);
  if (committed === undefined) throw moved(input, `the manifest of ${plan.backupId} is gone again`);
  const parts = { record, shards: stored, large };
  return { ...committed, flaws: flawsOf(parts), errorCounts: flawErrorsOf(parts) };
}

/** The backup that the new one follows. */
async function assertNotMoved(
  storage: Repository,
  input: CommitArchiveInput,
  planned: string | null,
): Promise<BackupLink | null> {
  const [host, source] = [input.host.name, input.source.name];
  const newest = await newestBackup(storage, host, source);
  if ((newest?.id ?? null) === planned) {
    const isUsable = newest === undefined || !(newest.manifest instanceof HoldfastError);
    const link = isUsable ? (newest?.manifest as Manifest | undefined) : await newestUsable(storage, host, source);
    return link === undefined ? null : { id: link.id, checksum: link.checksum };
  }
  throw moved(
    input,
    `the newest backup is ${newest?.id ?? 'none'}, it was ${planned ?? 'none'} when this one was planned`,
  );
}

const moved = ({ host, source }: CommitArchiveInput, message: string): HoldfastError =>
  new HoldfastError('ChainMoved', message, { host: host.name, source: source.name });

const resultOf = ({ manifest, flaws, errorCounts }: Committed): CommitArchiveResult => ({
  backupId: manifest.id,
  status: manifest.status,
  storedBytes: manifest.bytes.stored,
  rawBytes: manifest.bytes.raw,
  flaws: { count: flaws.count, first: flaws.first },
  errorCounts,
});
