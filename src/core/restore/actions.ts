import type { Entry, Flaw } from '../entries/entry.js';

/** Where an entry's bytes lie: the backup of the chain (its place in it, 0 = level 0) and the shard there. */
export interface ShardPlace {
  readonly backup: number;
  readonly shard: number;
  /** The shard has its attributes only; its content is in extents, listed in the map of this number. */
  readonly large?: number;
}

/** An entry alive at the point. */
export interface PointEntry {
  readonly entry: Entry;
  /** Undefined: the chain holds no copy of it. */
  readonly place?: ShardPlace;
  readonly flaw?: Flaw;
  /** The copy in `place` is of an earlier backup, because this one could not read it. */
  readonly older?: boolean;
}

/** How an entry of the point concerns a restore: asked for, a directory above one that is, or not at all. */
export type Wanted = 'yes' | 'parent' | 'no';

export type OverwriteMode = 'never' | 'changed' | 'always';

/** What a restore will do, in the order found; each list that it fills is worked off as one step. */
export type RestoreAction =
  /** Unpack this name from its shard. */
  | { readonly do: 'extract'; readonly place: ShardPlace; readonly path: string }
  /** Write this file from its extents. */
  | { readonly do: 'extract-large'; readonly place: ShardPlace; readonly large: number; readonly entry: Entry }
  /** Unpack `first` elsewhere and hard-link it to this name: the shard holds this name only as a link to `first`. */
  | { readonly do: 'link'; readonly place: ShardPlace; readonly first: string; readonly path: string }
  | { readonly do: 'make-directory'; readonly path: string }
  /** Apply the directory's own attributes from its shard, at the end. */
  | { readonly do: 'attributes'; readonly place: ShardPlace; readonly path: string }
  /** Something that is not a directory stands where a directory belongs. */
  | { readonly do: 'clear-file'; readonly path: string }
  /** A directory stands where something else belongs; what it holds is extra. */
  | { readonly do: 'clear-directory'; readonly path: string }
  /** Not in the point, to be removed; directories come after what they hold. */
  | { readonly do: 'delete-file'; readonly path: string }
  | { readonly do: 'delete-directory'; readonly path: string }
  /** Must stand so in the target at the end. */
  | { readonly do: 'expect'; readonly entry: Entry; readonly mayHaveChanged: boolean; readonly backup: number }
  /** The point cannot give it, or only with a reservation. */
  | { readonly do: 'flaw'; readonly path: string; readonly flaw: Flaw; readonly older: boolean };

export interface RestoreCounts {
  create: number;
  replace: number;
  keep: number;
  delete: number;
  bytesToWrite: number;
}
