import { linePath, type StoredLine, textOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest, ShardObject } from '../../core/archive/manifest.js';
import type { Findings } from '../../core/verify/findings.js';
import { MemberCheck } from '../../core/verify/members.js';
import { TarError } from '../../core/verify/tar-header.js';
import { TarReader } from '../../core/verify/tar-reader.js';
import { type FetchedIndex, readIndexLines } from '../archive/read-index.js';

export interface CheckedShard {
  readonly problems: Findings;
  readonly remarks: Findings;
  readonly members: number;
}

/**
 * Compares a shard's members with the index's lines for it. Throws ObjectDamaged when the content is no archive, or not one of the size recorded.
 *
 * @param lines those of this shard
 * @param index the backup's, for members that none of these lines has
 */
export async function checkShard(
  manifest: Manifest,
  shard: ShardObject,
  lines: readonly StoredLine[],
  content: AsyncIterable<Buffer>,
  index: FetchedIndex,
  signal: AbortSignal,
): Promise<CheckedShard> {
  const mayHoldDead = manifest.consolidated !== undefined;
  const check = new MemberCheck(lines, Date.parse(manifest.scannedAt) / 1000, mayHoldDead);
  const reader = new TarReader({ member: (member) => check.see(member) });
  await readWhole(reader, shard, content);
  check.end();
  const extras = mayHoldDead || check.extras.size === 0 ? [] : await unexplained(check.extras, index, signal);
  for (const path of extras) check.problems.add(`${textOf(path) || '.'} is there, but the index does not have it`);
  return { problems: check.problems.findings(), remarks: check.remarks.findings(), members: check.compared };
}

async function readWhole(reader: TarReader, shard: ShardObject, content: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of content) reader.push(chunk);
    reader.end();
  } catch (error) {
    if (error instanceof TarError) throw new HoldfastError('ObjectDamaged', `it is no whole archive: ${error.message}`);
    throw error;
  }
  if (reader.bytes === shard.rawBytes) return;
  throw new HoldfastError('ObjectDamaged', `its archive has ${reader.bytes} bytes, not ${shard.rawBytes}`);
}

/** Members that the index does not know as flawed or gone: an entry that could not be read whole may have left one. */
async function unexplained(extras: ReadonlySet<string>, index: FetchedIndex, signal: AbortSignal): Promise<string[]> {
  const left = new Set(extras);
  for await (const batch of readIndexLines(index, signal)) {
    for (const line of batch) {
      if (line.deleted || (line.shard === undefined && line.flaw !== undefined)) left.delete(linePath(line));
    }
  }
  return [...left];
}
