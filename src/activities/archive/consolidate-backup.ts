import { nextBackupTimeMs } from '../../core/archive/backup-time.js';

import { Consolidation, type ConsolidationPlan } from '../../core/archive/consolidation.js';
import { HoldfastError } from '../../core/failures.js';
import { backupId } from '../../core/ids.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix, indexName, manifestKey, planPrefix } from '../../core/archive/manifest-keys.js';
import { mergeIndexes } from '../../core/archive/merge-index.js';
import { encryptionChange } from '../../core/archive/recipients.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { ConsolidateBackupInput, ConsolidateBackupResult } from '../contract.js';
import { archivedSource } from '../prune/archived-sources.js';
import { readDamage } from '../verify/damage-records.js';
import { checkChainObjects, newestBackup, readChain, readManifest } from './chain.js';
import { composeConsolidated } from './compose-consolidated.js';
import { copyChainObjects } from './copy-chain-objects.js';
import { indexText } from './final-index.js';
import { encodeManifest } from './manifest-schema.js';
import { storeCompressed } from './object-text.js';
import type { Repository } from './open-repository.js';
import { type FetchedIndex, fetchIndex, readIndexLines } from './read-index.js';
import { expectNewest, findRollback } from './rolled-back.js';
import { writeRunMark } from './run-mark.js';
import { withSpool } from './spool.js';
import { sweepUncommitted } from './sweep.js';
import { withStorage } from './with-storage.js';

/**
 * Makes a new level 0 with the state of the source's newest backup, from the objects of that one's chain; the host is not read. Safe to
 * repeat. Throws ConsolidationRefused, BackupNotFound, ChainBroken, ChainMoved when another backup is committed meanwhile, RolledBack.
 */
export async function consolidateBackup(
  providers: Providers,
  control: ActivityControl,
  input: ConsolidateBackupInput,
): Promise<ConsolidateBackupResult> {
  const { host, source } = await archivedSource(input);
  return withStorage(providers, source.destination, (storage) =>
    withSpool(providers, async (directory) => {
      const newest = await newestOf(storage, host, source.name);
      const { run, consolidated } = newest;
      const isDone =
        consolidated !== undefined && run.workflowId === input.run.workflowId && run.runId === input.run.runId;
      const manifest = isDone ? newest : await consolidate(providers, control, storage, input, newest, directory);
      await expectNewest(storage, host, source.name, manifest);
      const prefix = backupPrefix(host, source.name, manifest.id);
      await sweepUncommitted(storage, prefix, manifest).catch((error: unknown) => {
        control.log('warn', `what was left of the making of ${manifest.id} could not be removed`, {
          error: String(error),
        });
      });
      return resultOf(manifest);
    }),
  );
}

async function newestOf(storage: Repository, host: string, source: string): Promise<Manifest> {
  const newest = await newestBackup(storage, host, source);
  if (newest === undefined)
    throw new HoldfastError('BackupNotFound', `${host}/${source} has no backup in ${storage.location}`);
  if (newest.manifest instanceof HoldfastError) throw newest.manifest;
  const rollback = await findRollback(storage, host, source, newest.manifest);
  if (rollback !== undefined) throw rollback;
  return newest.manifest;
}

async function consolidate(
  providers: Providers,
  control: ActivityControl,
  storage: Repository,
  input: ConsolidateBackupInput,
  newest: Manifest,
  directory: string,
): Promise<Manifest> {
  const { host, source } = newest;
  const chain = await chainOf(storage, newest);
  const indexes: FetchedIndex[] = [];
  for (const link of chain) indexes.push(await fetchIndex(storage, link, directory, control.signal));
  const living = () => mergeIndexes(indexes.map((index) => readIndexLines(index, control.signal)));
  const consolidation = new Consolidation(chain);
  for (const [level, index] of indexes.entries())
    for await (const batch of readIndexLines(index, control.signal))
      for (const line of batch) consolidation.stored(level, line);
  for await (const batch of living()) for (const entry of batch) consolidation.living(entry);
  const plan = consolidation.plan();
  refuseWaste(plan, input.maxDeadPercent);

  const id = backupId(nextBackupTimeMs(input.startedAtMs, newest.id), 0);
  const prefix = backupPrefix(host, source, id);
  await writeRunMark(storage, planPrefix(prefix, control.attemptToken), input.run);
  const copied = await copyChainObjects({ storage, control, backupId: id, prefix, directory }, plan);
  let lines = 0;
  const text = async function* (): AsyncGenerator<string> {
    for await (const batch of living()) {
      lines += batch.length;
      yield indexText(batch.map((entry) => consolidation.line(entry)));
    }
  };
  const index = await storeCompressed(storage, prefix, indexName(control.attemptToken), text(), control.signal);
  const content = composeConsolidated(newest, { id, plan, copied, index: { ...index, lines }, input });
  const encryption = (await storage.sealing())?.record;
  const versions = { ...newest.versions, holdfast: providers.holdfastVersion };
  const whole = { ...content, versions, ...(encryption === undefined ? {} : { encryption }) };
  return commit(storage, control, newest, encodeManifest(whole, await storage.signing()), id);
}

async function chainOf(storage: Repository, newest: Manifest): Promise<Manifest[]> {
  const { host, source, id } = newest;
  const refused = (why: string): HoldfastError =>
    new HoldfastError('ConsolidationRefused', `${id} of ${host}/${source} was not consolidated: ${why}`, {
      host,
      source,
    });
  if (newest.level === 0) throw refused('it is a level 0');
  const change = encryptionChange(newest.encryption, (await storage.sealing())?.record);
  if (change !== undefined) throw refused(change);
  const chain = await readChain(storage, host, source, newest.chain);
  await checkChainObjects(storage, chain);
  const damage = await readDamage(storage, host, source);
  const damaged = chain.find((link) => damage.has(link.id));
  if (damaged !== undefined) throw refused(`${damaged.id}, which it is built on, is damaged`);
  return chain;
}

function refuseWaste({ contentBytes, deadBytes }: ConsolidationPlan, maxDeadPercent: number): void {
  if (deadBytes * 100 <= contentBytes * maxDeadPercent) return;
  const percent = Math.round((deadBytes * 100) / contentBytes);
  const message = `${percent} % of the content of the shards that would be copied is not needed any more, ${maxDeadPercent} % is allowed`;
  throw new HoldfastError('ConsolidationRefused', message);
}

async function commit(
  storage: Repository,
  control: ActivityControl,
  newest: Manifest,
  bytes: Buffer,
  id: string,
): Promise<Manifest> {
  const { host, source } = newest;
  const place = { host, source };
  // The last look before the one step that makes the backup.
  const now = await newestBackup(storage, host, source);
  if (now?.id !== newest.id) {
    const message = `the newest backup is ${now?.id ?? 'none'}, it was ${newest.id} when the consolidation began`;
    throw new HoldfastError('ChainMoved', message, place);
  }
  control.signal.throwIfAborted();
  await storage.putIfAbsent(manifestKey(host, source, id), bytes);
  const committed = await readManifest(storage, host, source, id);
  if (committed === undefined) throw new HoldfastError('ChainMoved', `the manifest of ${id} is gone again`, place);
  return committed;
}

const resultOf = ({ id, status, shards, bytes, consolidated }: Manifest): ConsolidateBackupResult => ({
  backupId: id,
  status,
  from: consolidated?.from ?? id,
  shards: shards.length,
  storedBytes: bytes.stored,
  deadBytes: consolidated?.deadBytes ?? 0,
  rawBytes: bytes.raw,
});
