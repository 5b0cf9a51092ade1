import type { ShardObject } from '../archive/manifest.js';

/** One thing of a backup that is not as it was written. */
export interface DamagedObject {
  /** Relative to the backup's prefix; `manifest.json` and, for a link of its chain, `../<backup id>/manifest.json` among them. */
  readonly name: string;
  /** What is wrong, as a sentence for people. */
  readonly problem: string;
}

/** A file that cannot be had, and the points in time that it is missing from. */
export interface DamagedFile {
  /** For people (textOf). */
  readonly path: string;
  /** Backup ids, oldest first; at most `MOST_POINTS`. */
  readonly backups: readonly string[];
}

export const MOST_POINTS = 20;
/** So many objects and files are named in a record. */
export const MOST_NAMED = 1000;

/** `.holdfast/damage/<host>/<source>/<backup id>.json`: what a verification found, until another one finds it right again. */
export interface DamageRecord {
  readonly kind: 'holdfast-damage';
  readonly format: 1;
  readonly host: string;
  readonly source: string;
  readonly backupId: string;
  /** ISO 8601, UTC. */
  readonly foundAt: string;
  /** The whole backup counts as damaged: its manifest, index or chain is, or too much of it. */
  readonly whole: boolean;
  readonly objects: { readonly count: number; readonly first: readonly DamagedObject[] };
  readonly files: { readonly count: number; readonly first: readonly DamagedFile[] };
  /** Points in time, this backup among them, that need something that is damaged. */
  readonly touches: readonly string[];
  /** Later points of its chain that need nothing of it. */
  readonly spared: readonly string[];
  readonly run: { readonly workflowId: string; readonly runId: string };
}

/** What is wrong with some objects of a backup, as its verification hands it on. */
export interface FoundDamage {
  readonly whole: boolean;
  readonly count: number;
  readonly first: readonly DamagedObject[];
}

export const NO_DAMAGE: FoundDamage = { whole: false, count: 0, first: [] };

/** So much of one backup's damage goes through a Workflow; what has more is damaged as a whole. */
export const DAMAGE_CARRIED = 100;

export function addDamage(a: FoundDamage, b: FoundDamage): FoundDamage {
  const count = a.count + b.count;
  return {
    whole: a.whole || b.whole || count > DAMAGE_CARRIED,
    count,
    first: [...a.first, ...b.first].slice(0, DAMAGE_CARRIED),
  };
}

/**
 * The record that damages a point: of the backups in its chain. A point that a record does not know was made since, on ground that is damaged.
 *
 * @param chain ids from level 0 to the point, itself included
 */
export function damageOfPoint(
  chain: readonly string[],
  records: ReadonlyMap<string, DamageRecord>,
): DamageRecord | undefined {
  const point = chain.at(-1) ?? '';
  return chain
    .map((id) => records.get(id))
    .find((record) => record !== undefined && (record.backupId === point || !record.spared.includes(point)));
}

/** What damage takes away of a backup: everything, or what some shards and large files hold. */
export interface LostParts {
  readonly shards: ReadonlySet<number>;
  /** Numbers of large files. */
  readonly largeFiles: ReadonlySet<number>;
}

const EXTENT = /^extents\/0*(\d+)-/;

/** What the damaged objects of a backup hold; undefined when one of them is not of this kind, so that nothing can be relied on. */
export function lostParts(
  objects: readonly DamagedObject[],
  shards: readonly Pick<ShardObject, 'name' | 'number'>[],
): LostParts | undefined {
  const numbers = new Map(shards.map(({ name, number }) => [name, number]));
  const lost = { shards: new Set<number>(), largeFiles: new Set<number>() };
  for (const { name } of objects) {
    const shard = numbers.get(name);
    const extent = EXTENT.exec(name)?.[1];
    if (shard !== undefined) lost.shards.add(shard);
    else if (extent !== undefined) lost.largeFiles.add(Number(extent));
    else return undefined;
  }
  return lost;
}
