import { HoldfastError } from '../../core/failures.js';
import { textOf } from '../../core/entry.js';
import { backupPrefix, shardName } from '../../core/manifest-keys.js';
import type { TarReport } from '../../core/tar-outcome.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { WriteShardInput, WriteShardResult } from '../contract.js';
import type { ShardMembers } from './shard-members.js';
import { readMembers } from './shard-members.js';
import type { ShardFlaw, ShardRecord } from './shard-record.js';
import { readShardRecords, writeShardRecord } from './shard-record.js';
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
    const earlier = (await readShardRecords(storage, backup, plan.planPrefix, shard)).get(shard);
    if (earlier !== undefined) return resultOf(earlier, true);
    const record = await storeShard(providers, control, storage, backup, input);
    await writeShardRecord(storage, plan.planPrefix, record, control.attemptToken);
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
  storage: ObjectStorage,
  backup: string,
  input: WriteShardInput,
): Promise<ShardRecord> {
  const { host, source, plan, shard } = input;
  const place = { host: host.name, source: source.name };
  const members = await readMembers(storage, plan.planPrefix, shard);
  const name = shardName(shard, control.attemptToken);
  const writer = await storage.createObject(backup + name, {
    signal: control.signal,
    estimateBytes: members.rawBytes,
    onProgress: (bytes) => control.progress({ step: 'transfer', shard: shard + 1, shards: plan.shards, bytes }),
  });
  try {
    const evidence = await transferShard(providers, { host, source, plan, shard, members }, writer, control.signal);
    const what = `shard ${shard + 1} of ${plan.shards} of ${plan.backupId}`;
    const bytes = judgeShard(evidence, what, source.path, place);
    const { sizeBytes, sha256 } = await writer.commit();
    if (sizeBytes !== bytes.storedBytes) {
      const counts = `${bytes.storedBytes} bytes were sent, ${sizeBytes} are stored`;
      throw new HoldfastError('TransferInterrupted', `${what}: ${counts}`, place);
    }
    return recordOf(members, shard, { name, sha256, sizeBytes }, bytes, evidence.report);
  } catch (error) {
    const cause = control.signal.aborted ? undefined : await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  }
}

function recordOf(
  members: ShardMembers,
  number: number,
  stored: { readonly name: string; readonly sha256: string; readonly sizeBytes: number },
  { rawBytes }: ShardBytes,
  report: TarReport,
): ShardRecord {
  const flaws = [...report.complaints].map(
    ([path, { verdict, message }]): ShardFlaw => ({ path, verdict, message: textOf(message) }),
  );
  const missing = flaws.filter(({ verdict }) => verdict !== 'changed').length;
  return { shard: { ...stored, number, kind: members.kind, rawBytes, entries: members.names.length - missing }, flaws };
}
