import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { FailurePlace } from '../../core/failures.js';
import { atDestination } from './destination-access.js';
import type { MirrorPaths } from './mirror-paths.js';
import { rsyncEnvironment } from './rsync-environment.js';

const PAUSE_MS = 1_000;

/** Until this returns, what was written may be only in memory. */
export async function flushFileSystem(paths: MirrorPaths, place: FailurePlace): Promise<void> {
  await atDestination(paths.base, place, () => sync(paths.mirror));
}

/**
 * Runs work that writes the mirror while its file system is flushed again and again, so that the disk works while the network does and the last
 * flush has little left to write.
 */
export async function flushingMeanwhile<T>(paths: MirrorPaths, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const later = (): void => {
    if (!ended) timer = setTimeout(() => void flush(), PAUSE_MS);
  };
  // Only the last flush counts: it says what went wrong.
  const flush = (): Promise<void> =>
    sync(paths.mirror)
      .catch(() => undefined)
      .then(later);
  later();
  try {
    return await work();
  } finally {
    ended = true;
    clearTimeout(timer);
  }
}

async function sync(path: string): Promise<void> {
  await promisify(execFile)('sync', ['-f', '--', path], { env: rsyncEnvironment(process.env) });
}
