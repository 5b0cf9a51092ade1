import { type DamagedFile, type LostParts, MOST_POINTS } from '../../core/verify/damage.js';
import { detached } from '../../core/entries/byte-records.js';
import { type IndexLine, linePath, type StoredLine, textOf } from '../../core/entries/entry.js';
import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import type { Repository } from '../archive/open-repository.js';
import type { ActivityControl } from '../activity-control.js';
import { fetchIndex, readIndexLines } from '../archive/read-index.js';

/** What damage takes away, and from which points in time. */
export interface Touched {
  /** Nothing of the backup can be relied on. */
  readonly whole: boolean;
  readonly files: readonly DamagedFile[];
  readonly touches: readonly string[];
  readonly spared: readonly string[];
}

export interface DamagedBackup {
  readonly own: Manifest;
  /** Backups that have it in their chains, oldest first. */
  readonly later: readonly Manifest[];
  readonly lost: LostParts;
  readonly directory: string;
}

/** Follows what is lost of a backup through the points that build on it: a file is there again where a later backup stored it anew, or it was deleted. */
export async function touchedPoints(
  storage: Repository,
  control: ActivityControl,
  { own, later, lost, directory }: DamagedBackup,
): Promise<Touched> {
  const { signal } = control;
  const linesOf = async function* (manifest: Manifest): AsyncGenerator<IndexLine> {
    const index = await fetchIndex(storage, manifest, directory, signal);
    for await (const batch of readIndexLines(index, signal)) yield* batch;
  };
  const missing = new Map<string, Set<string>>();
  /** Of these a later version may still use extents of this backup. */
  const large = new Set<string>();
  const points = new Map<string, Set<string>>();
  for await (const line of linesOf(own)) {
    if (line.deleted || !isLost(line, lost)) continue;
    const path = detached(line.entry.path);
    missing.set(path, new Set([own.id]));
    if (line.large !== undefined) large.add(path);
  }
  points.set(own.id, new Set(missing.keys()));
  for (const manifest of later) {
    control.progress({ backup: manifest.id, step: 'damage' });
    const before = points.get(manifest.parent ?? '') ?? new Set(missing.keys());
    const left = new Set(before);
    try {
      if (left.size > 0)
        for await (const line of linesOf(manifest)) if (storesAnew(line, large)) left.delete(linePath(line));
    } catch (error) {
      // What this backup stored anew is not known: what was missing before counts as missing.
      if (!isHoldfastError(error) || !error.type.startsWith('Object')) throw error;
    }
    points.set(manifest.id, left);
    for (const path of left) missing.get(path)?.add(manifest.id);
  }
  const ids = [own.id, ...later.map(({ id }) => id)];
  const touches = ids.filter((id) => id === own.id || (points.get(id)?.size ?? 0) > 0);
  return {
    whole: false,
    files: [...missing].map(([path, backups]) => ({
      path: textOf(path) || '.',
      backups: [...backups].slice(0, MOST_POINTS),
    })),
    touches,
    spared: ids.filter((id) => !touches.includes(id)),
  };
}

const isLost = ({ shard, large }: StoredLine, { shards, largeFiles }: LostParts): boolean =>
  (shard !== undefined && shards.has(shard)) || (large !== undefined && largeFiles.has(large));

/** An entry that could not be read keeps the older version that there is. */
function storesAnew(line: IndexLine, large: ReadonlySet<string>): boolean {
  if (line.deleted) return true;
  return line.shard !== undefined && !(line.large !== undefined && large.has(line.entry.path));
}
