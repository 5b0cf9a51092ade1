import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Providers } from '../activity-control.js';

/** Gives `work` an empty private directory on this machine and removes it afterwards, whatever happens. */
export async function withSpool<T>(providers: Providers, work: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(providers.spoolDirectory, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(providers.spoolDirectory, 'archive-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
