import type { Entry, Flaw, IndexLine, StoredLine } from '../../core/entries/entry.js';
import { linePath } from '../../core/entries/entry.js';
import { encodeIndexLine } from '../../core/archive/index-codec.js';
import { HardLinks } from '../../core/archive/merge-hard-links.js';
import { EntryCounter } from '../../core/scan/counts.js';
import { graver } from './large-flaws.js';
import type { ShardFlaw } from './shard-record.js';

/** What became of the entries of a draft once the shards were written. */
export class IndexFinisher {
  /** Of names that tar found gone. */
  readonly vanished = new EntryCounter();
  #vanishedBytes = 0;
  readonly #flaws: ReadonlyMap<string, ShardFlaw>;
  readonly #shards: AttributeShards;
  /** Of files stored as extents, by their number. */
  readonly #largeFlaws: ReadonlyMap<number, ShardFlaw>;
  /** tar complains about the first name of a hard-linked file only; it holds for all of them. */
  readonly #flawedInodes = new Map<string, ShardFlaw>();

  constructor(
    flaws: ReadonlyMap<string, ShardFlaw>,
    shards: AttributeShards,
    largeFlaws: ReadonlyMap<number, ShardFlaw> = new Map(),
  ) {
    this.#flaws = flaws;
    this.#shards = shards;
    this.#largeFlaws = largeFlaws;
  }

  get vanishedBytes(): number {
    return this.#vanishedBytes;
  }

  /** To be shown all lines once before `finish`, when there are flaws. */
  learn(line: IndexLine): void {
    if (line.deleted || !HardLinks.isLinked(line.entry)) return;
    const flaw = this.#flaws.get(line.entry.path);
    if (flaw?.verdict === 'changed' || flaw?.message.startsWith('Read error')) {
      this.#flawedInodes.set(inodeKey(line.entry), flaw);
    }
  }

  /** The line as the index has it. */
  finish(line: IndexLine): IndexLine {
    if (line.deleted || line.flaw !== undefined) return line;
    if (line.large !== undefined) return this.#finishLarge(line, line.large);
    const placed = line.shard === undefined ? { ...line, shard: this.#shards.directoriesShard as number } : line;
    const flaw = this.#flaws.get(linePath(line)) ?? this.#flawedInodes.get(inodeKey(line.entry));
    return flaw === undefined ? placed : this.#flawed(placed, flaw);
  }

  /** Its attributes and its content are read apart: the graver of what befell them counts. */
  #finishLarge(line: StoredLine, large: number): IndexLine {
    const placed = { ...line, shard: this.#shards.skeletonsShard as number };
    const flaw = graver(this.#flaws.get(line.entry.path), this.#largeFlaws.get(large));
    return flaw === undefined ? placed : this.#flawed(placed, flaw);
  }

  #flawed(line: StoredLine, { verdict }: ShardFlaw): IndexLine {
    const { entry } = line;
    if (verdict === 'changed') return { ...line, flaw: 'changed' };
    // A directory's own line stays: what lies below it has lines of its own that rely on it.
    if (verdict === 'vanished' && entry.type !== 'd') {
      this.vanished.add(entry);
      if (entry.type === 'f' && entry.links === 1) this.#vanishedBytes += entry.sizeBytes;
      return { deleted: true, path: entry.path };
    }
    const flaw: Flaw = verdict === 'unsupported' ? 'unsupported' : 'unreadable';
    return { deleted: false, entry, flaw };
  }
}

/** Shards whose numbers are known when all others are cut. */
export interface AttributeShards {
  readonly directoriesShard?: number | undefined;
  readonly skeletonsShard?: number | undefined;
}

const inodeKey = (entry: Entry): string => `${entry.device}:${entry.inode}`;

export const indexText = (lines: readonly IndexLine[]): string =>
  lines.map((line) => `${encodeIndexLine(line)}\n`).join('');
