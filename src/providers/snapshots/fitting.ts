import { randomBytes } from 'node:crypto';
import { constants, copyFile, lstat, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FittingMethod } from './snapshot-copies.js';

/** statfs(2): BTRFS_SUPER_MAGIC. */
const BTRFS_MAGIC = 0x9123683e;
/** Of the root of every subvolume (BTRFS_FIRST_FREE_OBJECTID). */
const SUBVOLUME_INODE = 256n;

export async function isOnBtrfs(path: string): Promise<boolean> {
  return (await statfs(path)).type === BTRFS_MAGIC;
}

export async function isSubvolume(path: string): Promise<boolean> {
  const { ino } = await lstat(path, { bigint: true });
  return ino === SUBVOLUME_INODE && (await isOnBtrfs(path));
}

/** The first of the three methods that the file system can do. */
export async function fittingMethod(mirror: string, folder: string): Promise<FittingMethod> {
  const [onBtrfs, folderOnBtrfs] = [await isOnBtrfs(mirror), await isOnBtrfs(folder)];
  if (onBtrfs && folderOnBtrfs && (await isSubvolume(mirror))) return { method: 'btrfs' };
  if (!(await sharesBlocks(mirror, folder, onBtrfs))) return { method: 'hardlink' };
  if (!onBtrfs) return { method: 'reflink' };
  const note = `${mirror} is a plain directory, not a subvolume: snapshots are copies that share its blocks, which takes longer; docs/snapshots.md says how to convert it`;
  return { method: 'reflink', note };
}

async function sharesBlocks(mirror: string, folder: string, onBtrfs: boolean): Promise<boolean> {
  // Subvolumes of one BTRFS have device numbers of their own and share blocks all the same.
  if (!onBtrfs && (await lstat(mirror)).dev !== (await lstat(folder)).dev) return false;
  const probe = join(folder, `.partial-probe-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(probe, Buffer.alloc(4096, 1), { flag: 'wx', mode: 0o600 });
    await copyFile(probe, `${probe}.copy`, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (NOT_SUPPORTED.has(codeOf(error))) return false;
    throw error;
  } finally {
    await Promise.all([probe, `${probe}.copy`].map((path) => rm(path, { force: true })));
  }
}

const NOT_SUPPORTED: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY']);
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
