import { stat } from 'node:fs/promises';

/** Changes whenever a file does: time, size, inode and device. Undefined when it cannot be looked at: reading it says why. */
export async function versionOf(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ');
}
