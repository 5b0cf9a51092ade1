import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UNFINISHED_PREFIX } from '../../core/archive/object-keys.js';
import { codeOf } from './local-failures.js';
import type { ListedName, ListedObject } from './object-storage.js';

/** `name` ends in `/` for a directory, so that sorting names sorts the keys below them. */
interface Child {
  readonly name: string;
  readonly path: string;
  readonly isDirectory: boolean;
}

export async function* listNames(directory: string): AsyncGenerator<ListedName> {
  for (const child of await childrenOf(directory)) {
    if (child.isDirectory) {
      if (await holdsObject(child.path)) yield { name: child.name, kind: 'prefix' };
      continue;
    }
    const status = await statusOf(child.path);
    if (status) yield { name: child.name, kind: 'object', sizeBytes: status.size };
  }
}

export async function* listObjects(directory: string, prefix: string): AsyncGenerator<ListedObject> {
  for (const child of await childrenOf(directory)) {
    const key = prefix + child.name;
    if (child.isDirectory) {
      yield* listObjects(child.path, key);
      continue;
    }
    const status = await statusOf(child.path);
    if (status) yield { key, sizeBytes: status.size, modifiedAtMs: Math.floor(status.mtimeMs) };
  }
}

/** Object stores know no empty directories; neither do listings of this one. */
async function holdsObject(directory: string): Promise<boolean> {
  for (const child of await childrenOf(directory)) {
    if (!child.isDirectory || (await holdsObject(child.path))) return true;
  }
  return false;
}

async function childrenOf(directory: string): Promise<Child[]> {
  const children: Child[] = [];
  for (const entry of await entriesOf(directory)) {
    if (entry.name.startsWith(UNFINISHED_PREFIX)) continue;
    const path = join(directory, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === 'directory') children.push({ name: `${entry.name}/`, path, isDirectory: true });
    if (kind === 'file') children.push({ name: entry.name, path, isDirectory: false });
  }
  return children.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** A person may have moved a host's directory to another disk and left a symbolic link. */
async function kindOf(entry: Dirent, path: string): Promise<'directory' | 'file' | undefined> {
  const status = entry.isSymbolicLink() ? await statusOf(path) : entry;
  if (status?.isDirectory()) return 'directory';
  return status?.isFile() ? 'file' : undefined;
}

/** Undefined when it went away since it was listed. */
async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
