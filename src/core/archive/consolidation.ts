import type { Entry, IndexLine, StoredLine } from '../entries/entry.js';
import type { Manifest, ShardObject } from './manifest.js';
import type { LivingEntry } from './merge-index.js';

/** A shard of the chain that the new level 0 takes over, and the number that it gets. */
export interface TakenShard {
  readonly manifest: Manifest;
  readonly shard: ShardObject;
  readonly number: number;
}

/** A large file of the chain that lives, and the number that it gets. */
export interface TakenFile {
  readonly manifest: Manifest;
  readonly large: number;
  readonly number: number;
}

export interface ConsolidationPlan {
  readonly shards: readonly TakenShard[];
  readonly files: readonly TakenFile[];
  /** Content of the taken shards, and how much of it no living entry needs; estimated from the entries' sizes. */
  readonly contentBytes: number;
  readonly deadBytes: number;
}

/** tar's header of a member, with the extended one that most members have. */
const MEMBER_BYTES = 1_536;

/** Finds out what of a chain is still needed for its last point, and numbers it anew in the chain's order, so that newer members come later. */
export class Consolidation {
  readonly #chain: readonly Manifest[];
  readonly #stored = new Map<string, number>();
  readonly #living = new Map<string, number>();
  readonly #livingFiles = new Set<string>();
  readonly #numbers = new Map<string, number>();
  readonly #fileNumbers = new Map<string, number>();

  constructor(chain: readonly Manifest[]) {
    this.#chain = chain;
  }

  /** To be shown every line of each backup's own index. */
  stored(level: number, line: IndexLine): void {
    if (line.deleted || line.shard === undefined) return;
    add(this.#stored, key(level, line.shard), memberBytes(line));
  }

  /** To be shown every entry that lives at the chain's last backup. */
  living(entry: LivingEntry): void {
    const place = placeOf(entry);
    if (place === undefined) return;
    add(this.#living, key(place.level, place.shard), memberBytes(place));
    if (place.large !== undefined) this.#livingFiles.add(key(place.level, place.large));
  }

  /** When all were shown. */
  plan(): ConsolidationPlan {
    const shards: TakenShard[] = [];
    const files: TakenFile[] = [];
    let [contentBytes, deadBytes] = [0, 0];
    for (const [level, manifest] of this.#chain.entries()) {
      for (const shard of [...manifest.shards].sort((a, b) => a.number - b.number)) {
        const at = key(level, shard.number);
        const needed = this.#living.get(at);
        if (needed === undefined) continue;
        this.#numbers.set(at, shards.length);
        shards.push({ manifest, shard, number: shards.length });
        contentBytes += this.#stored.get(at) ?? 0;
        deadBytes += Math.max(0, (this.#stored.get(at) ?? 0) - needed);
      }
      for (const { number: large } of manifest.extents?.maps ?? []) {
        if (!this.#livingFiles.has(key(level, large))) continue;
        this.#fileNumbers.set(key(level, large), files.length);
        files.push({ manifest, large, number: files.length });
      }
    }
    return { shards, files, contentBytes, deadBytes };
  }

  /** The line that the new level 0 has for an entry; after `plan`. */
  line(living: LivingEntry): StoredLine {
    const place = placeOf(living);
    const { entry, flaw } = living;
    if (place === undefined) return { deleted: false, entry, ...(flaw === undefined ? {} : { flaw }) };
    const shard = this.#numbers.get(key(place.level, place.shard));
    const large = place.large === undefined ? undefined : this.#fileNumbers.get(key(place.level, place.large));
    const told = place.isOlder ? 'changed' : flaw;
    return {
      deleted: false,
      entry: place.entry,
      ...(shard === undefined ? {} : { shard }),
      ...(large === undefined ? {} : { large }),
      ...(told === undefined ? {} : { flaw: told }),
    };
  }
}

interface Place {
  readonly entry: Entry;
  readonly level: number;
  readonly shard: number;
  readonly large?: number;
  /** The newest version could not be read: this is the one before, and the next backup reads the file again. */
  readonly isOlder: boolean;
}

function placeOf({ entry, level, shard, large, stale }: LivingEntry): Place | undefined {
  if (shard !== undefined) return { entry, level, shard, isOlder: false, ...(large === undefined ? {} : { large }) };
  if (stale === undefined) return undefined;
  const file = stale.large === undefined ? {} : { large: stale.large };
  return { entry: stale.entry, level: stale.level, shard: stale.shard, isOlder: true, ...file };
}

const key = (level: number, number: number): string => `${level}/${number}`;
const add = (sums: Map<string, number>, at: string, bytes: number): void =>
  void sums.set(at, (sums.get(at) ?? 0) + bytes);

/** Holes are not stored; of a hard-linked file each name counts for its part; a large file's content lies elsewhere. */
function memberBytes({ entry, large }: Pick<StoredLine, 'entry' | 'large'>): number {
  if (entry.type !== 'f' || large !== undefined) return MEMBER_BYTES;
  return MEMBER_BYTES + Math.min(entry.sizeBytes, entry.blocks * 512) / Math.max(1, entry.links);
}
