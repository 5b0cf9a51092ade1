import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { failed, type HostCheck, notChecked, passed, warned } from '../../core/hosts/checks.js';
import type { DestinationPlan, HostPlan } from '../../core/plan.js';

const FREE_BYTES_WANTED = 2 ** 30;
const FREE_SHARE_WANTED = 0.05;

/** Where this host's copies go, as far as the worker's own disk shows it. */
export async function verifyDestinations({ sources }: HostPlan): Promise<HostCheck[]> {
  const destinations = new Map(sources.map(({ destination }) => [destination.name, destination]));
  return Promise.all([...destinations.values()].map(destinationCheck));
}

async function destinationCheck(destination: DestinationPlan): Promise<HostCheck> {
  const { name } = destination;
  if (destination.type !== 'local')
    return notChecked('destination', 'a bucket tells nobody how much room it has', name);
  const { path } = destination;
  try {
    if (!(await stat(path)).isDirectory())
      return failed('destination', 'DestinationNotFound', `${path} is not a directory`, undefined, name);
    await access(path, constants.W_OK | constants.X_OK);
    const { bavail, blocks, bsize } = await statfs(path);
    return spaceCheck(path, bavail * bsize, blocks * bsize, name);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return failed('destination', missing ? 'DestinationNotFound' : 'DestinationDenied', message, undefined, name);
  }
}

function spaceCheck(path: string, freeBytes: number, totalBytes: number, name: string): HostCheck {
  const share = totalBytes === 0 ? 0 : freeBytes / totalBytes;
  const seen = `${(freeBytes / 2 ** 30).toFixed(1)} GiB free in ${path}, ${Math.round(share * 100)} % of it`;
  if (freeBytes === 0)
    return failed('destination', 'DestinationFull', seen, 'Make room there before the next backup.', name);
  if (freeBytes >= FREE_BYTES_WANTED && share >= FREE_SHARE_WANTED) return passed('destination', seen, name);
  return warned('destination', seen, 'Make room there before the next backup.', name);
}
