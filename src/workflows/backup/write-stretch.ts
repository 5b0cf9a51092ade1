import type { RunLimit } from '../../core/plan.js';
import { step, transfer } from '../activity-profiles.js';
import { allOrNothing } from '../fan-out.js';
import type { ArchiveShardsInput, ShardTotals } from '../messages.js';
import { limited } from './source-run.js';

export const NO_SHARDS: ShardTotals = { shards: 0, sizeBytes: 0, rawBytes: 0 };

export const sum = (one: ShardTotals, other: ShardTotals): ShardTotals => ({
  shards: one.shards + other.shards,
  sizeBytes: one.sizeBytes + other.sizeBytes,
  rawBytes: one.rawBytes + other.rawBytes,
});

/** Writes shards `from` … `to - 1`, as many at a time as the source allows, and tells of each. Throws the first failure. */
export async function writeStretch(
  { from, to, ...subject }: ArchiveShardsInput,
  written: (shard: ShardTotals) => void,
  runLimit: () => RunLimit | undefined = () => subject.host.runLimit,
): Promise<void> {
  const { name, archive } = subject.source;
  await allOrNothing(archive.parallelShards, { from, to }, async (shard) => {
    const summary = `${name}: shard ${shard + 1} of ${subject.plan.shards}`;
    const { sizeBytes, rawBytes } = await step(summary, transfer.writeShard, {
      ...subject,
      host: limited(subject.host, runLimit()),
      shard,
    });
    written({ shards: 1, sizeBytes, rawBytes });
  });
}
