import { detached } from '../entries/byte-records.js';
import type { Entry } from '../entries/entry.js';
import { comparePaths } from '../entries/entry.js';
import type { ShardKind } from './manifest.js';
import type { LinkGroup } from './merge-hard-links.js';
import type { ShardLimits } from './shard-limits.js';
import { rawEstimate } from './shard-limits.js';
import type { StoreTypes } from './store-types.js';

export interface CutShard {
  readonly number: number;
  readonly kind: ShardKind;
  /** Paths in index order, as restoring relies on. */
  readonly names: readonly string[];
  /** Estimate of the tar's size. */
  readonly rawBytes: number;
  /** Its files are not worth compressing. */
  readonly compression?: 'none';
}

type Lane = 'compressed' | 'stored';

/** A content shard that is being filled. */
interface OpenShard {
  readonly number: number;
  readonly names: string[];
  rawBytes: number;
}

/**
 * Cuts changed entries, coming in index order, into shards. The names of a hard-linked file all go where its first name goes; files that are
 * stored as extents go to a shard of their own, as skeletons; directories to the last one. Files that are not worth compressing go to shards
 * of their own when `separate` says which they are.
 */
export class ShardCutter {
  readonly #limits: ShardLimits;
  readonly #groupOf = new Map<string, LinkGroup>();
  /** Shards of hard-linked names that are still to come. */
  readonly #placed = new Map<string, number>();
  readonly #directories: string[] = [];
  readonly #skeletons: string[] = [];
  #skeletonsShard: number | undefined;
  #closed: CutShard[] = [];
  #number = 0;
  readonly #open: { compressed?: OpenShard; stored?: OpenShard } = {};
  readonly #separate: StoreTypes | undefined;

  constructor(limits: ShardLimits, groups: readonly LinkGroup[], separate?: StoreTypes) {
    this.#limits = limits;
    this.#separate = separate;
    for (const group of groups) for (const { path } of group.names) this.#groupOf.set(path, group);
  }

  /** The number of the entry's shard; undefined for a directory, whose shard is `directoriesShard` once all is placed. */
  place(entry: Entry): number | undefined {
    if (entry.type === 'd') {
      this.#directories.push(detached(entry.path));
      return undefined;
    }
    const placed = this.#placed.get(entry.path);
    if (placed !== undefined) return placed;
    const group = this.#groupOf.get(entry.path);
    const lane = entry.type === 'f' && this.#separate?.has(entry.path) ? 'stored' : 'compressed';
    if (group === undefined) return this.#add(lane, [entry.path], rawEstimate(entry));
    const number = this.#add(
      lane,
      group.names.map(({ path }) => path),
      rawEstimate(entry) + (group.names.length - 1) * 1536,
    );
    for (const { path } of group.names) this.#placed.set(path, number);
    return number;
  }

  /** A file whose content is stored as extents; its shard is `skeletonsShard` once all is placed. */
  placeSkeleton(entry: Entry): void {
    this.#skeletons.push(detached(entry.path));
  }

  /** Shards that are complete, each once. */
  takeClosed(): CutShard[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  /** Ends the cutting; the number of the directories' shard, undefined when no directory changed. */
  finish(): number | undefined {
    this.#close('compressed');
    this.#close('stored');
    this.#skeletonsShard = this.#closeAttributes('skeletons', this.#skeletons);
    return this.#closeAttributes('directories', this.#directories);
  }

  /** Known when the cutting has ended; undefined without large files. */
  get skeletonsShard(): number | undefined {
    return this.#skeletonsShard;
  }

  get shards(): number {
    return this.#number;
  }

  #add(lane: Lane, names: readonly string[], rawBytes: number): number {
    const alone = rawBytes >= this.#limits.rawBytes;
    if (alone) this.#close(lane);
    const shard = (this.#open[lane] ??= { number: this.#number++, names: [], rawBytes: 0 });
    for (const name of names) shard.names.push(name);
    shard.rawBytes += rawBytes;
    if (shard.rawBytes >= this.#limits.rawBytes || shard.names.length >= this.#limits.entries) this.#close(lane);
    return shard.number;
  }

  #closeAttributes(kind: ShardKind, names: readonly string[]): number | undefined {
    if (names.length === 0) return undefined;
    this.#closed.push({ number: this.#number, kind, names, rawBytes: names.length * 1536 });
    this.#number += 1;
    return this.#number - 1;
  }

  #close(lane: Lane): void {
    const shard = this.#open[lane];
    if (shard === undefined) return;
    delete this.#open[lane];
    // A hard-linked file's later names were taken in ahead of their turn.
    shard.names.sort(comparePaths);
    this.#closed.push({ ...shard, kind: 'content', ...(lane === 'stored' ? { compression: 'none' } : {}) });
  }
}
