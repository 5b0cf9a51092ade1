import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { NeededScript } from '../../core/hooks/scripts.js';

export interface ScriptFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A plain file name: nothing that leads elsewhere or looks like an option. */
const NAME = /^[^-./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$/;

/**
 * Reads NAME, else NAME.sh, from the scripts' directory on this machine. Throws HookNotFound, and ConfigInvalid for
 * other names.
 */
export async function findScript({ name, scriptsDir }: Pick<NeededScript, 'name' | 'scriptsDir'>): Promise<ScriptFile> {
  if (!NAME.test(name)) {
    throw new HoldfastError(
      'ConfigInvalid',
      `a script cannot be called ${JSON.stringify(name)}: give the name of a file in ${scriptsDir}`,
    );
  }
  const paths = [join(scriptsDir, name), join(scriptsDir, `${name}.sh`)];
  for (const path of paths) {
    const bytes = await readIfThere(path);
    if (bytes !== undefined) return { name, bytes };
  }
  throw new HoldfastError('HookNotFound', `the script ${name} is neither at ${paths.join(' nor at ')} on the worker`);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw new HoldfastError('HookNotFound', `the script ${path} on the worker cannot be read: ${message}`);
  }
}
