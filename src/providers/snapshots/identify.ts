import { access, constants, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, quoteAll } from '../../core/shell-quoting.js';
import { readSubvolume, type CopyIdentity } from '../../core/snapshots/identity.js';
import type { ScriptRunner } from '../remote/script-runner.js';
import { isSubvolume } from './fitting.js';
import { runHere } from './run-here.js';

/**
 * Of each name what it is. One process for the subvolumes among them, however many.
 *
 * @param show also what `btrfs subvolume show` tells: a process for each
 */
export async function identify(
  runner: ScriptRunner,
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
  show = false,
): Promise<(CopyIdentity | undefined)[]> {
  const found = await Promise.all(names.map((name) => looked(join(folder, name))));
  const subvolumes = names.filter((_, index) => found[index] === 'subvolume');
  const shown = await lookAtSubvolumes(runner, folder, subvolumes, signal, show);
  return found.map((one, index) => (one === 'subvolume' ? shown.get(names[index] as string) : one));
}

async function looked(path: string): Promise<CopyIdentity | 'subvolume' | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    if (!stats.isDirectory())
      return { type: 'other', what: stats.isSymbolicLink() ? 'a symbolic link' : 'no directory' };
    return (await isSubvolume(path)) ? 'subvolume' : { type: 'directory', inode: String(stats.ino) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function lookAtSubvolumes(
  runner: ScriptRunner,
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
  show: boolean,
): Promise<ReadonlyMap<string, CopyIdentity>> {
  if (names.length === 0) return new Map();
  // Without root's rights `show` fails, and the file system's id must do.
  const body = `cd -- ${quote(folder)} || exit 1
stat -f -c '%i %n' -- ${quoteAll(names)} || exit 1
${show ? `for name in ${quoteAll(names)}; do printf '@@ %s\\n' "$name"; btrfs subvolume show "./$name" 2>/dev/null || :; done` : ''}`;
  const printed = await runHere(runner, { what: `look at the subvolumes in ${folder}`, body, signal });
  const [ids = '', ...blocks] = printed.split(/^@@ /m);
  const shown = new Map(blocks.map((block) => [block.slice(0, block.indexOf('\n')), readSubvolume(block)]));
  const entries = ids
    .split('\n')
    .slice(0, -1)
    .map(async (line) => {
      const [fileSystemId = '', name = ''] = line.split(' ');
      const more = shown.get(name);
      const readOnly = await isReadOnly(join(folder, name));
      return [
        name,
        { type: 'subvolume', fileSystemId, readOnly, ...(more === undefined ? {} : { shown: more }) },
      ] as const;
    });
  return new Map(await Promise.all(entries));
}

/** Writing into a read-only subvolume is refused with EROFS, to root too. */
async function isReadOnly(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS';
  }
}
