import { randomBytes } from 'node:crypto';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const BIG_FILE_BYTES = 8 * 2 ** 20;
const FILES_IN_DIRECTORY = 20;

export interface TreeSize {
  readonly files: number;
  /** Of each file. */
  readonly fileBytes: number;
  /** One more file, of BIG_FILE_BYTES that cannot be compressed. */
  readonly bigFile: boolean;
}

/** A host's own files: no two hosts have the same. */
export async function growFleetTree(root: string, host: string, size: TreeSize): Promise<void> {
  for (let number = 0; number < size.files; number += 1) {
    const directory = join(root, `d${Math.floor(number / FILES_IN_DIRECTORY)}`);
    if (number % FILES_IN_DIRECTORY === 0) await mkdir(directory, { recursive: true });
    const text = `${host} ${number}\n`;
    await writeFile(
      join(directory, `file-${number}`),
      text + randomBytes(size.fileBytes).toString('base64').slice(0, size.fileBytes),
    );
  }
  await writeFile(join(root, 'name'), `${host}\n`);
  await link(join(root, 'name'), join(root, 'same as name'));
  await symlink('name', join(root, 'to name'));
  if (size.bigFile) await writeFile(join(root, 'big'), randomBytes(BIG_FILE_BYTES));
}
