import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';

/**
 * Writes a page under a name, by renaming: whoever reads it has the old one or the new one, whole. Only a regular file is replaced: what a symbolic
 * link or a device stands for is not ours to change. Throws ReportNotWritten.
 */
export async function writePage(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const mode = await modeOf(path);
    const file = await open(temporary, 'wx');
    try {
      await fill(file, text, mode);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof HoldfastError) throw error;
    // Node adds the name that the page has until it is whole, which nobody knows.
    const reason = error instanceof Error ? error.message.replace(/, \w+ '.*$/s, '') : String(error);
    throw new HoldfastError('ReportNotWritten', `${path} was not written: ${reason}`, {}, { cause: error });
  }
}

/** Of the file that is there: a web server may read it by that. Undefined: there is none. */
async function modeOf(path: string): Promise<number | undefined> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there?.isFile() === false)
    throw new HoldfastError('ReportNotWritten', `${path} is there already, and is no regular file.`);
  return there && there.mode & 0o777;
}

async function fill(file: FileHandle, text: string, mode: number | undefined): Promise<void> {
  if (mode !== undefined) await file.chmod(mode);
  await file.writeFile(text);
  await file.sync();
}
