import { misfit, findGap, objectsOf } from '../../core/archive/chain.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix, compareBackupIds, manifestKey, sourcePrefix } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { decodeManifest } from './manifest-schema.js';
import { assertTrusted } from './manifest-signature.js';
import type { Repository } from './open-repository.js';

/** Ids below a source's prefix, oldest first: backups, and unfinished ones, which have no manifest. */
export async function listBackupIds(storage: ObjectStorage, host: string, source: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name, kind } of storage.list(sourcePrefix(host, source))) {
    const id = name.replace(/\/$/, '');
    if (kind === 'prefix' && parseBackupId(id) !== undefined) ids.push(id);
  }
  return ids.sort(compareBackupIds);
}

/** The manifest of a backup, or undefined when there is none. Throws ManifestDamaged, and ManifestUntrusted where keys are known to tell. */
export async function readManifest(
  storage: Repository,
  host: string,
  source: string,
  id: string,
): Promise<Manifest | undefined> {
  const key = manifestKey(host, source, id);
  const bytes = await storage.readSmall(key);
  if (bytes === undefined) return undefined;
  const where = `${storage.location}: ${key}`;
  const manifest = decodeManifest(bytes, where);
  assertTrusted(manifest, await storage.trustedKeys(), where);
  if (manifest.id !== id || manifest.host !== host || manifest.source !== source) {
    const named = `${manifest.host}/${manifest.source}/${manifest.id}`;
    throw new HoldfastError('ManifestDamaged', `${where} is the manifest of ${named}`);
  }
  return manifest;
}

/** Of a manifest that is there and not to be used. */
const isUnusable = (error: unknown): error is HoldfastError =>
  isHoldfastError(error) && (error.type === 'ManifestDamaged' || error.type === 'ManifestUntrusted');

/** The newest backup's id, and its manifest or why that cannot be used; undefined when the source has no backup. */
export async function newestBackup(
  storage: Repository,
  host: string,
  source: string,
): Promise<{ readonly id: string; readonly manifest: Manifest | HoldfastError } | undefined> {
  for (const id of (await listBackupIds(storage, host, source)).reverse()) {
    try {
      const manifest = await readManifest(storage, host, source, id);
      if (manifest !== undefined) return { id, manifest };
    } catch (error) {
      if (isUnusable(error)) return { id, manifest: error };
      throw error;
    }
  }
  return undefined;
}

/** The newest backup whose manifest can be used. */
export async function newestUsable(storage: Repository, host: string, source: string): Promise<Manifest | undefined> {
  for (const id of (await listBackupIds(storage, host, source)).reverse()) {
    const manifest = await readManifest(storage, host, source, id).catch((error: unknown) => {
      if (isUnusable(error)) return undefined;
      throw error;
    });
    if (manifest !== undefined) return manifest;
  }
  return undefined;
}

/**
 * The manifests of a chain, level 0 first. Throws ChainBroken naming the link that is missing, damaged, or does not fit; ManifestUntrusted.
 *
 * @param ids from level 0 on, as a manifest's `chain` has them
 */
export async function readChain(
  storage: Repository,
  host: string,
  source: string,
  ids: readonly string[],
): Promise<Manifest[]> {
  return Promise.all(
    ids.map(async (id, position) => {
      const manifest = await readLink(storage, host, source, id);
      const problem = misfit(manifest, ids, position);
      if (problem !== undefined) throw broken(storage, host, source, id, problem);
      return manifest;
    }),
  );
}

/** Checks by name and size that the objects of a chain's backups are there. Throws ChainBroken. */
export async function checkChainObjects(storage: ObjectStorage, chain: readonly Manifest[]): Promise<void> {
  await Promise.all(
    chain.map(async (manifest) => {
      const { host, source, id } = manifest;
      const gap = findGap(manifest, await objectSizes(storage, manifest));
      if (gap !== undefined) throw broken(storage, host, source, id, gap);
    }),
  );
}

async function objectSizes(storage: ObjectStorage, manifest: Manifest): Promise<Map<string, number>> {
  const prefix = backupPrefix(manifest.host, manifest.source, manifest.id);
  const wanted = new Set(objectsOf(manifest).map(({ name }) => name));
  const sizes = new Map<string, number>();
  // A running plan's records below the same prefix may be many, so only what can be wanted is listed.
  for (const folder of ['', ...(manifest.extents === undefined ? [] : ['extents/'])]) {
    for await (const { name: last, kind, sizeBytes } of storage.list(prefix + folder)) {
      const name = folder + last;
      if (kind !== 'object' || !wanted.has(name)) continue;
      const size = sizeBytes ?? (await storage.size(prefix + name));
      if (size !== undefined) sizes.set(name, size);
    }
  }
  return sizes;
}

async function readLink(storage: Repository, host: string, source: string, id: string): Promise<Manifest> {
  try {
    const manifest = await readManifest(storage, host, source, id);
    if (manifest !== undefined) return manifest;
  } catch (error) {
    if (!isHoldfastError(error) || error.type !== 'ManifestDamaged') throw error;
    throw broken(storage, host, source, id, error.message);
  }
  throw broken(storage, host, source, id, 'its manifest is missing');
}

function broken(storage: ObjectStorage, host: string, source: string, id: string, reason: string): HoldfastError {
  const message = `the chain is broken at ${id} of ${source} in ${storage.location}: ${reason}`;
  return new HoldfastError('ChainBroken', message, { host, source });
}
