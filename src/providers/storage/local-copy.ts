import { constants, copyFile, link } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { syncDirectory } from './local-directories.js';
import { codeOf } from './local-failures.js';
import { createUnfinished, discard, publish } from './unfinished-file.js';
import type { UnfinishedFile } from './unfinished-file.js';

/** Where link(2) cannot: another file system behind a symbolic link, too many links. */
const NO_LINK: ReadonlySet<string> = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives an object a second name: a hard link, since objects never change; else a copy that shares its blocks, else a plain one. */
export async function copyObject(root: string, fromKey: string, toKey: string): Promise<void> {
  // Made first: it keeps the directory from being removed as an empty one.
  const file = await createUnfinished(root, toKey);
  try {
    if (await named(join(root, fromKey), file)) return;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new HoldfastError('ObjectMissing', `${fromKey} is missing in ${root}`);
  } finally {
    await file.handle.close();
    await discard(root, file);
  }
  throw new HoldfastError('InternalError', `${toKey} exists already in ${root}`);
}

/** `false` when the name is taken. */
async function named(from: string, file: UnfinishedFile): Promise<boolean> {
  try {
    await link(from, file.final);
    await syncDirectory(dirname(file.final));
    return true;
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINK.has(code)) throw error;
  }
  await copyFile(from, file.temporary, constants.COPYFILE_FICLONE);
  await file.handle.sync();
  return publish(file);
}
