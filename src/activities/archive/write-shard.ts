import { HoldfastError } from '../../core/failures.js';
import { textOf } from '../../core/entries/entry.js';
import { backupPrefix, encryptedName, shardName } from '../../core/archive/manifest-keys.js';
import type { ShardObject } from '../../core/archive/manifest.js';
import type { TarReport } from '../../core/archive/tar-outcome.js';
import type { Repository } from './open-repository.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { WriteShardInput, WriteShardResult } from '../contract.js';
import type { ShardMembers } from './shard-members.js';
import { readMembers } from './shard-members.js';
import type { ShardFlaw, ShardRecord } from './shard-record.js';
import { findStoredShard, writeShardRecord } from './shard-record.js';
import { transferShard } from './shard-transfer.js';
import type { ShardBytes } from './shard-verdict.js';
import { judgeShard } from './shard-verdict.js';
import { withStorage } from './with-storage.js';

/**
 * Stores one shard of a plan, or finds it stored by an earlier attempt. The object appears only when the way it came is known to be sound.
 * Throws TransferInterrupted (worth another attempt), RemoteCommandFailed, SourceMissing, DestinationFull, ObjectMissing (the plan is gone), and
 * what the providers throw.
 */
export async function writeShard(
  providers: Providers,
  control: ActivityControl,
  input: WriteShardInput,
): Promise<WriteShardResult> {
  const { host, source, plan, shard } = input;
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  return withStorage(providers, source.destination, async (storage) => {
    const earlier = await findStoredShard(storage, { backup, planPrefix: plan.planPrefix, shard }, control.signal);
    if (earlier !== undefined) return resultOf(earlier, true);
    const record = await storeShard(providers, control, storage, backup, input);
    // Without it the shard is read again should it be reused: no reason to send it again.
    const fingerprint = await storage.fingerprint(backup + record.shard.name).catch(() => undefined);
    const told = fingerprint === undefined ? record : { ...record, fingerprint };
    await writeShardRecord(storage, plan.planPrefix, told, control.attemptToken);
    return resultOf(record, false);
  });
}

const resultOf = ({ shard, flaws }: ShardRecord, reused: boolean): WriteShardResult => ({
  sizeBytes: shard.sizeBytes,
  rawBytes: shard.rawBytes,
  flaws: flaws.length,
  reused,
});

async function storeShard(
  providers: Providers,
  control: ActivityControl,
  storage: Repository,
  backup: string,
  input: WriteShardInput,
): Promise<ShardRecord> {
  const { host, source, plan, shard } = input;
  const place = { host: host.name, source: source.name };
  const members = await readMembers(storage, plan.planPrefix, shard);
  const seal = (await storage.sealing())?.data;
  const sealed = seal === undefined ? {} : { seal };
  const compression = members.compression ?? (plan.compressOn === 'none' ? 'none' : undefined);
  const plainName = shardName(shard, control.attemptToken, compression === undefined);
  const name = seal === undefined ? plainName : encryptedName(plainName);
  const writer = await storage.createObject(backup + name, {
    signal: control.signal,
    estimateBytes: members.rawBytes,
    onProgress: (bytes) => control.progress({ step: 'transfer', shard: shard + 1, shards: plan.shards, bytes }),
  });
  const { signal } = control;
  const limits = providers.traffic.limit({ host, destination: source.destination, run: input.run, signal });
  try {
    const transfer = { host, source, plan, shard, members, ...sealed, ...(limits === undefined ? {} : { limits }) };
    const evidence = await transferShard(providers, transfer, writer, control.signal);
    const what = `shard ${shard + 1} of ${plan.shards} of ${plan.backupId}`;
    const bytes = judgeShard(evidence, what, source.path, place);
    const { sizeBytes, sha256 } = await writer.commit();
    if (sizeBytes !== bytes.storedBytes) {
      const counts = `${bytes.storedBytes} bytes were sent, ${sizeBytes} are stored`;
      throw new HoldfastError('TransferInterrupted', `${what}: ${counts}`, place);
    }
    const stored = { name, sha256, sizeBytes, ...(compression === undefined ? {} : { compression }) };
    return recordOf(members, shard, stored, bytes, evidence.report);
  } catch (error) {
    const cause = control.signal.aborted ? undefined : await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  } finally {
    limits?.stop();
  }
}

function recordOf(
  members: ShardMembers,
  number: number,
  stored: Pick<ShardObject, 'name' | 'sha256' | 'sizeBytes' | 'compression'>,
  { rawBytes }: ShardBytes,
  report: TarReport,
): ShardRecord {
  const flaws = [...report.complaints].map(
    ([path, { verdict, message }]): ShardFlaw => ({ path, verdict, message: textOf(message) }),
  );
  const missing = flaws.filter(({ verdict }) => verdict !== 'changed').length;
  return { shard: { ...stored, number, kind: members.kind, rawBytes, entries: members.names.length - missing }, flaws };
}
