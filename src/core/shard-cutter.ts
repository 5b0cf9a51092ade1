import { detached } from './byte-records.js';
import type { Entry } from './entry.js';
import { comparePaths } from './entry.js';
import type { LinkGroup } from './merge-hard-links.js';
import type { ShardLimits } from './shard-limits.js';
import { rawEstimate } from './shard-limits.js';

export interface CutShard {
  readonly number: number;
  readonly kind: 'content' | 'directories';
  /** Paths in index order, as restoring relies on. */
  readonly names: readonly string[];
  /** Estimate of the tar's size. */
  readonly rawBytes: number;
}

/**
 * Cuts changed entries, coming in index order, into shards. The names of a hard-linked file all go where its first name goes; directories
 * go to a last shard of their own.
 */
export class ShardCutter {
  readonly #limits: ShardLimits;
  readonly #groupOf = new Map<string, LinkGroup>();
  /** Shards of hard-linked names that are still to come. */
  readonly #placed = new Map<string, number>();
  readonly #directories: string[] = [];
  #closed: CutShard[] = [];
  #number = 0;
  #names: string[] = [];
  #rawBytes = 0;

  constructor(limits: ShardLimits, groups: readonly LinkGroup[]) {
    this.#limits = limits;
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
    if (group === undefined) return this.#add([entry.path], rawEstimate(entry));
    const number = this.#add(
      group.names.map(({ path }) => path),
      rawEstimate(entry) + (group.names.length - 1) * 1536,
    );
    for (const { path } of group.names) this.#placed.set(path, number);
    return number;
  }

  /** Shards that are complete, each once. */
  takeClosed(): CutShard[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  /** Ends the cutting; the number of the directories' shard, undefined when no directory changed. */
  finish(): number | undefined {
    this.#close();
    if (this.#directories.length === 0) return undefined;
    this.#closed.push({
      number: this.#number,
      kind: 'directories',
      names: this.#directories,
      rawBytes: this.#directories.length * 1536,
    });
    this.#number += 1;
    return this.#number - 1;
  }

  get shards(): number {
    return this.#number;
  }

  #add(names: readonly string[], rawBytes: number): number {
    const alone = rawBytes >= this.#limits.rawBytes;
    if (alone) this.#close();
    const number = this.#number;
    for (const name of names) this.#names.push(name);
    this.#rawBytes += rawBytes;
    if (alone || this.#rawBytes >= this.#limits.rawBytes || this.#names.length >= this.#limits.entries) this.#close();
    return number;
  }

  #close(): void {
    if (this.#names.length === 0) return;
    // A hard-linked file's later names were taken in ahead of their turn.
    const names = this.#names.sort(comparePaths);
    this.#closed.push({ number: this.#number, kind: 'content', names, rawBytes: this.#rawBytes });
    this.#number += 1;
    this.#names = [];
    this.#rawBytes = 0;
  }
}
