import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { UNFINISHED_PREFIX } from '../../core/archive/object-keys.js';
import { removeEmptyDirectories } from './local-directories.js';
import { codeOf } from './local-failures.js';
import type { UnfinishedWrite } from './object-storage.js';

/** The hidden files of writers that have neither committed nor aborted, at any depth. Their age is that of the last byte written. */
export async function* listUnfinished(root: string, prefix: string): AsyncGenerator<UnfinishedWrite> {
  for (const entry of await entriesOf(join(root, prefix))) {
    if (entry.isDirectory()) {
      yield* listUnfinished(root, `${prefix}${entry.name}/`);
      continue;
    }
    if (!entry.isFile() || !entry.name.startsWith(UNFINISHED_PREFIX)) continue;
    const status = await statusOf(join(root, prefix, entry.name));
    if (status) yield { under: prefix, token: entry.name, startedAtMs: Math.floor(status.mtimeMs) };
  }
}

export async function discardUnfinished(root: string, { under, token }: UnfinishedWrite): Promise<void> {
  if (!token.startsWith(UNFINISHED_PREFIX) || token.includes('/'))
    throw new HoldfastError('UnsafePath', `${token} is no unfinished object`);
  const path = join(root, under, token);
  await rm(path, { force: true });
  await removeEmptyDirectories(root, dirname(path));
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
