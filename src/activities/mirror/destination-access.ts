import { mkdir, stat } from 'node:fs/promises';
import { type FailurePlace, type FailureType, HoldfastError, isHoldfastError } from '../../core/failures.js';
import { syncFolder } from './durable-write.js';
import type { MirrorPaths } from './mirror-paths.js';

/**
 * The destination's directory is made by a person: when it is missing, its file system is not mounted, and writing would fill the disk below it.
 */
export async function requireDestination(base: string, place: FailurePlace): Promise<void> {
  const found = await atDestination(base, place, () => stat(base));
  if (found.isDirectory()) return;
  throw new HoldfastError('DestinationNotFound', `the destination ${base} is not a directory`, place);
}

/** Makes the folders of one mirror, private to the worker; rsync gives the mirror's own folder the source's mode. */
export async function makeMirrorFolders(paths: MirrorPaths, place: FailurePlace): Promise<void> {
  await atDestination(paths.base, place, async () => {
    const made = [paths.mirror, paths.stateFolder].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 }));
    if ((await Promise.all(made)).every((first) => first === undefined)) return;
    await syncFolder(paths.hostFolder);
    await syncFolder(paths.base);
  });
}

const TYPES: Readonly<Record<string, FailureType>> = {
  ENOENT: 'DestinationNotFound',
  ENOTDIR: 'DestinationNotFound',
  ENOSPC: 'DestinationFull',
  EDQUOT: 'DestinationFull',
  EACCES: 'DestinationDenied',
  EPERM: 'DestinationDenied',
  EROFS: 'DestinationDenied',
};

/** Runs work on the destination's files; its errors say which destination, as entries of the catalogue. */
export async function atDestination<T>(base: string, place: FailurePlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isHoldfastError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const type = TYPES[code] ?? 'InternalError';
    const said = error instanceof Error ? error.message : String(error);
    throw new HoldfastError(type, `the destination ${base} cannot be used: ${said}`, place, { cause: error });
  }
}
