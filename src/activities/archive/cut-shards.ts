import type { Entry, IndexLine } from '../../core/entries/entry.js';
import { comparePaths, linePath } from '../../core/entries/entry.js';
import { encodeIndexLine } from '../../core/archive/index-codec.js';
import type { ExtentCollector } from '../../core/extents/collector.js';
import { namesInOrder } from '../../core/archive/merge-hard-links.js';
import type { CutShard } from '../../core/archive/shard-cutter.js';
import { ShardCutter } from '../../core/archive/shard-cutter.js';
import { shardLimits } from '../../core/archive/shard-limits.js';
import type { Changes } from './list-changes.js';
import { plainLines } from './read-index.js';

export interface Cut {
  readonly shards: number;
  readonly directoriesShard: number | undefined;
  /** Holds the attributes of the files that are stored as extents. */
  readonly skeletonsShard: number | undefined;
  readonly draftLines: number;
}

/**
 * Gives every changed entry its shard: yields the text of the draft index and hands over each shard's names as soon as they are complete.
 * Directories and large files stand in the draft without a shard, since theirs are the last; `Cut` has their numbers.
 *
 * @param large takes the files that are stored as extents
 */
export async function* cutShards(
  changes: Changes,
  targetBytes: number,
  onShard: (shard: CutShard) => Promise<void>,
  large?: ExtentCollector,
): AsyncGenerator<string, Cut> {
  const { rawBytes, stored } = changes.totals;
  const cutter = new ShardCutter(shardLimits(rawBytes, stored, targetBytes), changes.groups, changes.separate);
  let draftLines = 0;
  for await (const batch of withLinkedNames(plainLines(changes.linesFile, 'draft'), namesInOrder(changes.groups))) {
    let text = '';
    for (const line of batch) text += `${encodeIndexLine(placed(line, cutter, large))}\n`;
    draftLines += batch.length;
    for (const shard of cutter.takeClosed()) await onShard(shard);
    yield text;
  }
  const directoriesShard = cutter.finish();
  for (const shard of cutter.takeClosed()) await onShard(shard);
  return { shards: cutter.shards, directoriesShard, skeletonsShard: cutter.skeletonsShard, draftLines };
}

function placed(line: IndexLine, cutter: ShardCutter, large: ExtentCollector | undefined): IndexLine {
  if (line.deleted || line.flaw !== undefined) return line;
  const number = large?.take(line.entry);
  if (number !== undefined) {
    cutter.placeSkeleton(line.entry);
    return { ...line, large: number };
  }
  const shard = cutter.place(line.entry);
  return shard === undefined ? line : { ...line, shard };
}

/** Merges hard-linked names into the lines, both in index order. */
async function* withLinkedNames(
  batches: AsyncIterable<readonly IndexLine[]>,
  names: readonly Entry[],
): AsyncGenerator<readonly IndexLine[]> {
  let next = 0;
  for await (const batch of batches) {
    const merged: IndexLine[] = [];
    for (const line of batch) {
      for (let name = names[next]; name && comparePaths(name.path, linePath(line)) < 0; name = names[next]) {
        merged.push({ deleted: false, entry: name });
        next += 1;
      }
      merged.push(line);
    }
    yield merged;
  }
  if (next < names.length) yield names.slice(next).map((entry) => ({ deleted: false, entry }));
}
