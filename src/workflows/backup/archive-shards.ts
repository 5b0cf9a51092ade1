import type { ArchiveShardsInput, ShardTotals } from '../messages.js';
import { NO_SHARDS, sum, writeStretch } from './write-stretch.js';

/** A stretch of one backup's shards in a history of its own; started by `hostBackup` for sources of terabytes only. */
export async function archiveShards(input: ArchiveShardsInput): Promise<ShardTotals> {
  let done = NO_SHARDS;
  await writeStretch(input, (shard) => {
    done = sum(done, shard);
  });
  return done;
}
