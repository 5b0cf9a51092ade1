import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failureOf } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { OpenMirror } from '../mirror/open-mirror.js';

/**
 * Makes the directory of a new mirror a subvolume where its file system is BTRFS and snapshots of it are asked for: snapshots are made at once then, whatever its
 * size. What holds entries already stays as it is. When it cannot be made, the mirror becomes a plain directory: a backup is worth more than the kind of its directory.
 */
export async function makeMirrorSubvolume(
  providers: Providers,
  control: ActivityControl,
  { paths, source }: Pick<OpenMirror, 'paths' | 'source'>,
): Promise<void> {
  const method = source.snapshots?.method;
  if (method !== 'auto' && method !== 'btrfs') return;
  const there = await entriesOf(paths.mirror);
  if (there === 'some') return;
  try {
    await mkdir(dirname(paths.mirror), { recursive: true, mode: 0o700 });
    // An empty subvolume goes like an empty directory, and comes back as one.
    if (there === 'none') await rmdir(paths.mirror);
    await providers.snapshots.makeSubvolume(paths.mirror, control.signal);
  } catch (error) {
    if (control.signal.aborted) throw error;
    const { message } = failureOf(error);
    control.log('warn', 'the mirror is no subvolume: its snapshots will be copies', { mirror: paths.mirror, message });
  }
}

async function entriesOf(path: string): Promise<'some' | 'none' | 'absent'> {
  try {
    return (await readdir(path)).length > 0 ? 'some' : 'none';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent';
    // Whatever it is, it is not ours to replace.
    return 'some';
  }
}
