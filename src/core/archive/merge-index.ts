import { BatchCursor } from './batch-cursor.js';
import type { Entry, Flaw, IndexLine, StoredLine } from '../entries/entry.js';
import { comparePaths, linePath } from '../entries/entry.js';

/** A version of an entry that a shard holds. */
export interface StoredVersion {
  readonly entry: Entry;
  /** Position in the chain (which is the level) of the backup that holds it. */
  readonly level: number;
  readonly shard: number;
  /** Number among the backup's files that are stored as extents. */
  readonly large?: number;
  readonly flaw?: Flaw;
}

/** An entry that is there at the chain's last backup. */
export interface LivingEntry {
  /** As the newest line has it. */
  readonly entry: Entry;
  /** Position in the chain of the newest line. */
  readonly level: number;
  /** Shard of that backup; undefined when its content could not be stored. */
  readonly shard?: number;
  /** Number among that backup's files that are stored as extents. */
  readonly large?: number;
  readonly flaw?: Flaw;
  /** Where `shard` is undefined: the last version that could be stored, of the same type and not deleted in between. */
  readonly stale?: StoredVersion;
}

const BATCH = 512;

/**
 * Merges the indexes of a chain, level 0 first: what lives at its last backup, in index order. Memory is one batch of each index.
 *
 * Of several lines for a path the newest counts; a deletion removes it.
 */
export async function* mergeIndexes(
  indexes: readonly AsyncIterable<readonly IndexLine[]>[],
): AsyncGenerator<readonly LivingEntry[]> {
  const queue = new LevelQueue();
  try {
    for (const [level, index] of indexes.entries()) await queue.add(level, index);
    let batch: LivingEntry[] = [];
    const lines: LevelLine[] = [];
    while (queue.head !== undefined) {
      const path = queue.head.path;
      lines.length = 0;
      while (queue.head !== undefined && queue.head.path === path) {
        lines.push({ level: queue.head.level, line: queue.head.cursor.head as IndexLine });
        if (!queue.advance()) await queue.refill();
      }
      const living = livingOf(lines);
      if (living === undefined) continue;
      batch.push(living);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await queue.close();
  }
}

interface LevelLine {
  readonly level: number;
  readonly line: IndexLine;
}

/** Lines of one path, newest first. */
function livingOf(lines: readonly LevelLine[]): LivingEntry | undefined {
  const [{ level, line }, ...older] = lines as [LevelLine, ...LevelLine[]];
  if (line.deleted) return undefined;
  const { entry, shard, large, flaw } = line;
  if (shard !== undefined) {
    return { entry, level, shard, ...(large === undefined ? {} : { large }), ...(flaw === undefined ? {} : { flaw }) };
  }
  const stale = lastStored(entry, older);
  return { entry, level, ...(flaw === undefined ? {} : { flaw }), ...(stale === undefined ? {} : { stale }) };
}

function lastStored(entry: Entry, older: readonly LevelLine[]): StoredVersion | undefined {
  for (const { level, line } of older) {
    if (line.deleted || line.entry.type !== entry.type) return undefined;
    if (line.shard !== undefined) return storedVersion(line, level, line.shard);
  }
  return undefined;
}

function storedVersion({ entry, large, flaw }: StoredLine, level: number, shard: number): StoredVersion {
  return { entry, level, shard, ...(large === undefined ? {} : { large }), ...(flaw === undefined ? {} : { flaw }) };
}

interface QueuedLevel {
  readonly level: number;
  readonly cursor: BatchCursor<IndexLine>;
  path: string;
}

/** The levels' cursors in order of the path at hand, the newer first: mostly level 0 leads by far, so insertion is all it takes. */
class LevelQueue {
  readonly #levels: QueuedLevel[] = [];
  readonly #opened: BatchCursor<IndexLine>[] = [];

  get head(): QueuedLevel | undefined {
    return this.#levels[0];
  }

  async add(level: number, index: AsyncIterable<readonly IndexLine[]>): Promise<void> {
    const cursor = await BatchCursor.open(index);
    this.#opened.push(cursor);
    if (cursor.head === undefined) return;
    this.#levels.unshift({ level, cursor, path: linePath(cursor.head) });
    this.#settle();
  }

  /** Takes the head's line; `false` when `refill` must be awaited. */
  advance(): boolean {
    const head = this.#levels[0] as QueuedLevel;
    if (!head.cursor.next()) return false;
    head.path = linePath(head.cursor.head as IndexLine);
    this.#settle();
    return true;
  }

  async refill(): Promise<void> {
    const head = this.#levels[0] as QueuedLevel;
    await head.cursor.refill();
    if (head.cursor.head === undefined) {
      this.#levels.shift();
      return;
    }
    head.path = linePath(head.cursor.head);
    this.#settle();
  }

  async close(): Promise<void> {
    for (const cursor of this.#opened) await cursor.close();
  }

  #settle(): void {
    const levels = this.#levels;
    const moved = levels[0] as QueuedLevel;
    let place = 0;
    for (; place + 1 < levels.length; place += 1) {
      const other = levels[place + 1] as QueuedLevel;
      const order = comparePaths(moved.path, other.path) || other.level - moved.level;
      if (order < 0) break;
      levels[place] = other;
    }
    levels[place] = moved;
  }
}
