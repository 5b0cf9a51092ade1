import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { readPathOf } from '../../core/plan.js';
import { saidLine } from '../../core/scan/script.js';
import { TarReport } from '../../core/archive/tar-outcome.js';
import { tarScript, zstdOptions } from '../../core/archive/tar-script.js';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { LimitedStep } from '../../providers/throttle/traffic.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';
import type { Providers } from '../activity-control.js';
import type { ArchivePlan } from '../contract.js';
import type { ShardMembers } from './shard-members.js';
import type { ShardEvidence } from './shard-verdict.js';
import { transferToObject } from './transfer-to-object.js';

export interface ShardTransfer {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly shard: number;
  readonly members: ShardMembers;
  readonly seal?: Seal;
  readonly limits?: LimitedStep;
}

/** Moves one shard from the host into `writer`, and tells what each part of the way said about it. */
export async function transferShard(
  providers: Providers,
  transfer: ShardTransfer,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<ShardEvidence> {
  const { host, source, plan, members, seal, limits } = transfer;
  const compressOn = members.compression ?? plan.compressOn;
  const { compressionLevel, compressionLongLog, parallelShards } = source.archive;
  const report = new TarReport(members.names);
  const evidence = await transferToObject(
    {
      runner: providers.runnerFor(host),
      job: {
        what: `archive shard ${transfer.shard + 1} of ${source.path}`,
        body: tarScript({
          path: readPathOf(source),
          tarOptions: plan.tarOptions,
          skeletons: members.kind === 'skeletons',
          compressOn,
          compressionLevel,
          ...(compressionLongLog === undefined ? {} : { compressionLongLog }),
          parallelShards,
        }),
        list: members.list,
        timeoutMs: source.timeoutMs,
        onStderrLine: (line) => {
          const said = saidLine(line);
          if (said !== undefined) report.take(said);
        },
      },
      ...(compressOn === 'worker' ? { zstd: zstdOptions(compressionLevel, parallelShards, compressionLongLog) } : {}),
      ...(seal === undefined ? {} : { seal }),
      ...(limits === undefined ? {} : { limits }),
    },
    writer,
    signal,
  );
  const compressed = compressOn === 'host' ? report.compressed : evidence.compressed;
  const { result, contentBytes, storedBytes } = evidence;
  return { result, report, compressOn, compressed, contentBytes, storedBytes };
}
