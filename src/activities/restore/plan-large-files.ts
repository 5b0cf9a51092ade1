import { extentRange } from '../../core/extents/layout.js';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import type { Repository } from '../archive/open-repository.js';
import { readExtentMap } from '../archive/read-extent-map.js';
import type { ExtentToWrite, LargeFile, PlannedLargeFile } from './large-files.js';
import { readPlannedLargeFiles, temporaryName, writeExtentsPart, writeLargeFiles } from './large-files.js';
import { checkParts } from './restore-parts.js';

/** Extents of one part, which is one Activity's work: as in a backup 1 GiB, unless that made too many Activities. */
const PART_EXTENTS = 16;
const MAX_PARTS = 400;

export interface LargeFilesPlan {
  readonly parts: number;
  readonly bytesToRead: number;
}

/**
 * Reads the maps of the large files that a restore writes and cuts their extents into parts, in the spool. Checks by size that the extents are there.
 * Throws ObjectMissing or ObjectDamaged, naming the backup, and what reading a map throws.
 */
export async function planLargeFiles(
  storage: Repository,
  chain: readonly Manifest[],
  spool: string,
  signal: AbortSignal,
): Promise<LargeFilesPlan> {
  const files: LargeFile[] = [];
  const extents: ExtentToWrite[] = [];
  for await (const planned of readPlannedLargeFiles(spool)) {
    const { backup, map } = mapOf(planned, chain);
    const { host, source } = backup;
    const read = await readExtentMap(storage, backupPrefix(host, source, backup.id), map, spool, signal);
    const file = files.length;
    const { sizeBytes, mtime } = read;
    files.push({ ...planned, temporary: temporaryName(planned.path, spool, file), sizeBytes, mtime });
    for (const stored of read.extents) {
      assertOfChain(stored.backupId, backup, chain);
      const key = backupPrefix(host, source, stored.backupId) + stored.object.name;
      extents.push({ file, ...extentRange(read, stored.extent), stored, key });
    }
  }
  if (files.length === 0) return { parts: 0, bytesToRead: 0 };
  await checkParts(
    storage,
    extents.map(({ key, stored }) => ({ key, backupId: stored.backupId, sizeBytes: stored.object.sizeBytes })),
  );
  await writeLargeFiles(spool, files);
  const size = Math.max(PART_EXTENTS, Math.ceil(extents.length / MAX_PARTS));
  const parts = Math.ceil(extents.length / size);
  for (let part = 0; part < parts; part += 1) {
    await writeExtentsPart(spool, part, extents.slice(part * size, (part + 1) * size));
  }
  return { parts, bytesToRead: extents.reduce((sum, { stored }) => sum + stored.object.sizeBytes, 0) };
}

function mapOf({ backup, large }: PlannedLargeFile, chain: readonly Manifest[]) {
  const manifest = chain[backup] as Manifest;
  const map = manifest.extents?.maps.find(({ number }) => number === large);
  if (map !== undefined) return { backup: manifest, map };
  const message = `the index of backup ${manifest.id} names the large file ${large}, of which the backup has no map`;
  throw new HoldfastError('ObjectDamaged', message);
}

/** A map may name only what its own chain has: whoever made another must not choose what is read. */
function assertOfChain(id: string, { chain: ids }: Manifest, chain: readonly Manifest[]): void {
  if (ids.includes(id) && chain.some((link) => link.id === id)) return;
  throw new HoldfastError(
    'ObjectDamaged',
    `a map of backup ${ids.at(-1)} names the backup ${id}, which is not of its chain`,
  );
}
