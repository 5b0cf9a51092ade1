import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheDirectory } from '../../src/client/directories.js';

/** A program that the set-up of the tests builds; HOLDFAST_TEST_BIN names the one directory to look in. */
export async function testProgram(name: string): Promise<string> {
  const named = process.env['HOLDFAST_TEST_BIN'];
  const directories = named
    ? [named]
    : [...(process.env['PATH'] ?? '').split(delimiter), join(cacheDirectory(), 'bin')];
  for (const directory of directories.filter((path) => path !== '')) {
    const program = join(directory, name);
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return program;
  }
  throw new Error(`${name}, which the tests need, is not in ${directories.join(', ')}; install it: npm run test:setup`);
}
