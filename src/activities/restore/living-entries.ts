import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { type LivingEntry, mergeIndexes } from '../../core/archive/merge-index.js';
import type { PointEntry, ShardPlace } from '../../core/restore/actions.js';
import { resolvePoint, type PointRequest } from '../../core/restore/point.js';
import { listBackupIds, readChain, readManifest } from '../archive/chain.js';
import type { Repository } from '../archive/open-repository.js';
import { type FetchedIndex, fetchIndex, readIndexLines } from '../archive/read-index.js';
import { findRollback } from '../archive/rolled-back.js';

/** One point in time of an archived source: its chain and the chain's indexes, on this machine and checked. */
export interface OpenPoint {
  /** Level 0 first; the last is the point itself. */
  readonly chain: readonly Manifest[];
  readonly indexes: readonly FetchedIndex[];
}

/**
 * Finds the backup that a request means and opens its chain. Throws BackupNotFound, ManifestDamaged, ManifestUntrusted, RolledBack, ChainBroken, ObjectMissing, ObjectDamaged.
 *
 * @param directory where indexes from elsewhere go
 */
export async function openPoint(
  storage: Repository,
  of: { readonly host: string; readonly source: string },
  request: PointRequest,
  directory: string,
  signal: AbortSignal,
): Promise<OpenPoint> {
  const { host, source } = of;
  const manifest = await findManifest(storage, host, source, request);
  // Of one who asks for the newest, an older one must not be passed off as it; a backup that is named is what was asked for.
  const rollback = 'latest' in request ? await findRollback(storage, host, source, manifest) : undefined;
  if (rollback !== undefined) throw rollback;
  const chain = await readChain(storage, host, source, manifest.chain);
  const indexes: FetchedIndex[] = [];
  for (const link of chain) indexes.push(await namingBackup(link, () => fetchIndex(storage, link, directory, signal)));
  return { chain, indexes };
}

/** A backup without a manifest is unfinished: it does not exist. */
async function findManifest(
  storage: Repository,
  host: string,
  source: string,
  request: PointRequest,
): Promise<Manifest> {
  let ids = await listBackupIds(storage, host, source);
  for (;;) {
    const id = resolvePoint(ids, request, `${host}/${source} in ${storage.location}`);
    const manifest = await readManifest(storage, host, source, id);
    if (manifest !== undefined) return manifest;
    ids = ids.filter((other) => other !== id);
  }
}

async function namingBackup<T>(manifest: Manifest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isHoldfastError(error) || !error.type.startsWith('Object')) throw error;
    throw new HoldfastError(error.type, `backup ${manifest.id}: ${error.message}`, error.place, { cause: error });
  }
}

/** What lives at the point, in index order. May be read more than once. */
export async function* livingEntries(point: OpenPoint, signal: AbortSignal): AsyncGenerator<readonly PointEntry[]> {
  for await (const batch of mergeIndexes(point.indexes.map((index) => readIndexLines(index, signal)))) {
    yield batch.map(pointEntry);
  }
}

function pointEntry({ entry, level, shard, large, flaw, stale }: LivingEntry): PointEntry {
  if (shard !== undefined)
    return { entry, place: placeOf(level, shard, large), ...(flaw === undefined ? {} : { flaw }) };
  const known = flaw === undefined ? {} : { flaw };
  if (stale === undefined) return { entry, ...known };
  return { entry: stale.entry, place: placeOf(stale.level, stale.shard, stale.large), ...known, older: true };
}

const placeOf = (backup: number, shard: number, large: number | undefined): ShardPlace =>
  large === undefined ? { backup, shard } : { backup, shard, large };
