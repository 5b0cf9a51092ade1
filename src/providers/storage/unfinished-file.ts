import { randomBytes } from 'node:crypto';
import { link, open, rm, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { UNFINISHED_PREFIX } from '../../core/archive/object-keys.js';
import { makeDirectories, removeEmptyDirectories, syncDirectory } from './local-directories.js';
import { codeOf, rootMissing } from './local-failures.js';

const MOST_ATTEMPTS = 20;

/** A file under a hidden name beside its final one. Left behind by a dead process it stays invisible to every listing. */
export interface UnfinishedFile {
  readonly temporary: string;
  readonly final: string;
  readonly handle: FileHandle;
}

export async function createUnfinished(root: string, key: string): Promise<UnfinishedFile> {
  const final = join(root, key);
  const temporary = join(dirname(final), `${UNFINISHED_PREFIX}${randomBytes(12).toString('hex')}`);
  const segments = key.split('/').slice(0, -1);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeDirectories(root, segments);
      return { temporary, final, handle: await open(temporary, 'wx', 0o600) };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      if (segments.length === 0) throw rootMissing(root);
      // Whoever removed the last object of the directory may have removed the directory meanwhile.
      if (attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/**
 * Gives a synced file its final name, durably: `false` when that name is taken. link(2), unlike rename(2), never overwrites,
 * and is atomic between writers.
 */
export async function publish(file: UnfinishedFile): Promise<boolean> {
  const isPublished = await linked(file);
  if (isPublished) {
    await unlink(file.temporary);
    await syncDirectory(dirname(file.final));
  }
  return isPublished;
}

async function linked({ temporary, final }: UnfinishedFile): Promise<boolean> {
  try {
    await link(temporary, final);
    return true;
  } catch (error) {
    const code = codeOf(error);
    // NFS: the server may have made the link and its answer be lost; the repeated call then finds it made.
    if (code === 'EEXIST') return isSameFile(temporary, final);
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      throw new HoldfastError(
        'DestinationInvalid',
        `the file system of ${dirname(final)} has no hard links, which commit objects without overwriting`,
        {},
        { cause: error },
      );
    }
    throw error;
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [statusA, statusB] = await Promise.all([stat(a, { bigint: true }), stat(b, { bigint: true })]);
  return statusA.ino === statusB.ino && statusA.dev === statusB.dev;
}

/** Removes the hidden file, and directories that were made for it. Safe twice, and after `publish`. */
export async function discard(root: string, file: UnfinishedFile): Promise<void> {
  await rm(file.temporary, { force: true });
  await removeEmptyDirectories(root, dirname(file.final));
}
