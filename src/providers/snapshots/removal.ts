import { lstat } from 'node:fs/promises';
import { quote } from '../../core/shell-quoting.js';
import type { ScriptRunner } from '../remote/script-runner.js';
import { isSubvolume } from './fitting.js';
import { runHere } from './run-here.js';

/** Removes a directory or a subvolume; what lies on another file system or subvolume below it is not entered. */
export async function removeCopy(runner: ScriptRunner, path: string, signal: AbortSignal): Promise<void> {
  if (!(await isThere(path))) return;
  const body = (await isSubvolume(path)) ? removeSubvolume(path) : removeTree(path);
  await runHere(runner, { what: `remove ${path}`, body, signal });
}

/**
 * Without root's rights and the mount option user_subvol_rm_allowed, `btrfs subvolume delete` is refused; its owner may still make it writable and empty it, and
 * since Linux 4.18 an empty subvolume goes like a directory.
 */
const removeSubvolume = (path: string): string => `path=${quote(path)}
said=$(btrfs subvolume delete "$path" 2>&1 >/dev/null) && exit 0
[ "$(id -u)" != 0 ] || { printf '%s\\n' "$said" >&2; exit 1; }
btrfs property set -ts "$path" ro false || exit
btrfs subvolume delete "$path" >/dev/null 2>&1 && exit 0
${EMPTY}
[ ! -e "$path" ] || { printf '%s; mount the file system with user_subvol_rm_allowed, or run the worker as root\\n' "$said" >&2; exit 1; }`;

const removeTree = (path: string): string => `path=${quote(path)}
${EMPTY}
[ ! -e "$path" ] || { printf '%s is still there\\n' "$path" >&2; exit 1; }`;

/** Directories may be closed to their own owner, as on the host: then they are opened first. */
const EMPTY = `if [ "$(id -u)" != 0 ]; then find "$path" -xdev -type d ! -perm -u=rwx -exec chmod u+rwx {} \\; || exit; fi
rm -rf --one-file-system -- "$path" || exit`;

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
