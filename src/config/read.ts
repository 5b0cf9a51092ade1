import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { HoldfastError } from '../core/failures.js';
import { ConfigInvalidError } from './problems.js';

const MAX_FILE_BYTES = 1024 * 1024;

/** Text of a configuration file. Never reads more than the limit, and never waits on a pipe or device. */
export async function readConfigFile(file: string): Promise<string> {
  const handle = await openFile(file);
  try {
    const bytes = await readBounded(handle, file);
    return decode(bytes, file);
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`;
    throw new HoldfastError('ConfigNotFound', `${file} ${reason}.`, {}, { cause: error });
  }
}

async function readBounded(handle: FileHandle, file: string): Promise<Buffer> {
  const { size } = await refuseSpecial(handle, file);
  const tooLong = (bytes: number) =>
    wholeFile(
      file,
      `the file has ${bytes} bytes, more than ${MAX_FILE_BYTES} (1 MiB); split it into several configurations`,
    );
  if (size > MAX_FILE_BYTES) throw tooLong(size);
  const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > MAX_FILE_BYTES) throw tooLong(length);
  }
}

async function refuseSpecial(handle: FileHandle, file: string): Promise<{ size: number }> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw wholeFile(file, 'this is not a regular file; name the YAML file itself');
  return stats;
}

function decode(bytes: Buffer, file: string): string {
  try {
    // Takes a byte order mark off.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wholeFile(file, 'the file is not UTF-8 text; save it as UTF-8');
  }
}

const wholeFile = (file: string, message: string) =>
  new ConfigInvalidError(file, [{ file, line: 1, column: 1, path: '', message }]);
