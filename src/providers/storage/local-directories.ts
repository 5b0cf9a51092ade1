import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, rootMissing } from './local-failures.js';

/**
 * Makes the directories of `segments` below `root`, one by one and durably. Never `root` itself: an unmounted destination
 * must not be filled on the disk below its mount point.
 */
export async function makeDirectories(root: string, segments: readonly string[]): Promise<string> {
  let directory = root;
  for (const segment of segments) {
    const parent = directory;
    directory = join(parent, segment);
    if (await made(directory, root)) await syncDirectory(parent);
  }
  return directory;
}

async function made(directory: string, root: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (codeOf(error) === 'ENOENT' && dirname(directory) === root) throw rootMissing(root);
    throw error;
  }
}

/** Removes `directory` and its parents up to `root`, as far as they are empty. */
export async function removeEmptyDirectories(root: string, directory: string): Promise<void> {
  while (directory !== root) {
    try {
      await rmdir(directory);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return;
    }
    directory = dirname(directory);
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
