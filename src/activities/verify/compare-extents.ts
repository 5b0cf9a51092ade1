import { HoldfastError } from '../../core/failures.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import { extentCount, type ExtentFile, extentRange } from '../../core/extents/layout.js';
import type { ExtentMap } from '../../core/extents/map.js';
import { type ExtentFileOnHost, hashExtents, lookAtFile } from '../archive/read-extent-file.js';
import { isFlaw } from '../archive/file-flaw.js';
import { readExtentMap } from '../archive/read-extent-map.js';
import { zerosSha256 } from '../archive/zeros.js';
import type { ActivityControl } from '../activity-control.js';
import { type ContentFile, type ContentPlace, isStill } from './content-files.js';

/** Extents that the host hashes before it is heard of again: 1 GiB, as they usually are. */
const BATCH = 16;

/**
 * Compares a large file with its map, extent by extent, each hashed on the host. Gives why it could not be compared, or whether it is the same.
 * Throws ObjectMissing or ObjectDamaged when the map cannot be read.
 */
export async function compareExtents(
  place: ContentPlace,
  control: ActivityControl,
  file: ContentFile & { readonly large: number },
): Promise<{ readonly same: boolean } | { readonly unknown: string }> {
  const map = await mapOf(place, file, control.signal);
  const on: ExtentFileOnHost = { ...place, file: asExtentFile(file, map) };
  const known = new Map(map.extents.map(({ extent, contentSha256 }) => [extent, contentSha256]));
  let same = true;
  const count = extentCount(map.sizeBytes, map.extentSizeBytes);
  for (let from = 0; from < count; from += BATCH) {
    const extents = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => from + at);
    control.progress({ step: 'contents', extent: from });
    const hashes = await hashExtents(on, extents, control.signal);
    if (isFlaw(hashes)) return { unknown: hashes.message };
    // What the map does not name is zeros.
    const then = (extent: number): string => known.get(extent) ?? zerosSha256(extentRange(on.file, extent).lengthBytes);
    same &&= extents.every((extent) => hashes.get(extent) === then(extent));
  }
  const now = await lookAtFile(on, false, control.signal);
  if (isFlaw(now)) return { unknown: now.message };
  return isStill(file.entry, now.state) ? { same } : { unknown: 'it changed while it was compared' };
}

async function mapOf(
  { storage, chain, directory }: ContentPlace,
  { level, large }: ContentFile & { readonly large: number },
  signal: AbortSignal,
): Promise<ExtentMap> {
  const manifest = chain[level];
  const map = manifest?.extents?.maps.find(({ number }) => number === large);
  if (manifest === undefined || map === undefined)
    throw new HoldfastError('ObjectDamaged', `${manifest?.id ?? 'the chain'} has no map of large file ${large}`);
  const { host, source, id } = manifest;
  return readExtentMap(storage, backupPrefix(host, source, id), map, directory, signal);
}

const asExtentFile = (
  { entry, large }: ContentFile & { readonly large: number },
  { extentSizeBytes }: ExtentMap,
): ExtentFile => {
  const { path, sizeBytes, blocks, mtime, ctime, inode } = entry;
  return { number: large, path, sizeBytes, blocks, mtime, ctime, inode, extentSizeBytes };
};
