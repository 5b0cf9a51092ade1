import { quote } from '../../core/shell-quoting.js';
import type { ScriptRunner } from '../remote/script-runner.js';
import { runHere } from './run-here.js';
import type { CopyJob, MadeCopy } from './snapshot-copies.js';

const LISTED = 20;

/**
 * A read-only snapshot of the mirror's subvolume; the kernel makes it at once and commits it before the call returns. Subvolumes below the mirror are empty directories
 * with inode 2 in it (BTRFS_EMPTY_SUBVOL_DIR_OBJECTID): its tree is searched for them unless root's look at the mirror says that there are none.
 */
export async function makeBtrfsSnapshot(
  runner: ScriptRunner,
  { mirror, target, signal }: CopyJob,
): Promise<MadeCopy['leftOut']> {
  const body = `mirror=${quote(mirror)} target=${quote(target)}
btrfs subvolume snapshot -r "$mirror" "$target" >/dev/null || exit
if below=$(btrfs subvolume list -o "$mirror" 2>/dev/null) && [ -z "$below" ]; then exit 0; fi
cd -- "$target" && find . -xdev -inum 2 -type d -printf '%P\\0'`;
  const printed = await runHere(runner, { what: `make the snapshot ${target}`, body, signal });
  const names = printed.split('\0').slice(0, -1);
  return { count: names.length, first: names.slice(0, LISTED) };
}

/** An empty subvolume that only its owner may enter, as directories of mirrors are made. */
export async function makeSubvolume(runner: ScriptRunner, path: string, signal: AbortSignal): Promise<void> {
  const body = `btrfs subvolume create ${quote(path)} >/dev/null && chmod 700 ${quote(path)}`;
  await runHere(runner, { what: `make the subvolume ${path}`, body, signal });
}
