import { failureOf } from '../../core/failures.js';
import { REMARKS_AT_MOST, type SizeFigures } from '../../core/sizes/sizes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listBackupIds, readManifest } from '../archive/chain.js';
import { withStorage } from '../archive/with-storage.js';
import type { MeasureSizeInput } from '../contract.js';

const AT_ONCE = 8;

/**
 * What a source's archives take up: the sum that their manifests give. The destination is listed once and no object is looked at; what a broken-off run has
 * left there is not counted. The newest are read first, so that a time limit leaves out the oldest.
 */
export async function measureArchives(
  providers: Providers,
  control: ActivityControl,
  { host, source, limitMs }: MeasureSizeInput,
): Promise<SizeFigures> {
  const until = Date.now() + limitMs;
  return withStorage(providers, source.destination, async (storage) => {
    const ids = (await listBackupIds(storage, host.name, source.name)).reverse();
    const remarks: string[] = [];
    let [totalBytes, backups, next] = [0, 0, 0];
    const look = async (id: string): Promise<void> => {
      try {
        const manifest = await readManifest(storage, host.name, source.name, id);
        if (manifest === undefined) return;
        totalBytes += manifest.bytes.stored;
        backups += 1;
      } catch (error) {
        remarks.push(`${id} is not counted: ${failureOf(error).message}`.slice(0, 300));
      }
    };
    for (; next < ids.length && Date.now() < until; next += AT_ONCE) {
      control.signal.throwIfAborted();
      await Promise.all(ids.slice(next, next + AT_ONCE).map(look));
      control.progress({ bytes: totalBytes, backups });
    }
    const left = Math.max(0, ids.length - next);
    if (left > 0) remarks.unshift(`stopped at its time limit with the ${left} oldest not read`);
    return { totalBytes, backups, complete: remarks.length === 0, remarks: remarks.slice(0, REMARKS_AT_MOST) };
  });
}
