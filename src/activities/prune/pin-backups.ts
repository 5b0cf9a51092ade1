import { HoldfastError } from '../../core/failures.js';
import { manifestKey, pendingKey } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type { PinBackupsInput, PinBackupsResult } from '../contract.js';
import { archivedSource } from './archived-sources.js';
import { readPins, removePin, writePin } from './retention-records.js';

/** Pins backups so that retention leaves them and their chains alone, or takes that back. Throws BackupNotFound before anything is changed. */
export async function pinBackups(
  providers: Providers,
  _control: ActivityControl,
  input: PinBackupsInput,
): Promise<PinBackupsResult> {
  const { host, source } = await archivedSource(input);
  return withStorage(providers, source.destination, async (storage) => {
    if (input.pinned) for (const id of input.ids) await assertThere(storage, host, source.name, id);
    const before = await readPins(storage, host, source.name);
    const changed = input.ids.filter((id) => before.has(id) !== input.pinned);
    for (const id of changed)
      await (input.pinned ? pin(storage, source.name, id, input) : removePin(storage, host, source.name, id));
    return { changed };
  });
}

async function pin(
  storage: ObjectStorage,
  source: string,
  id: string,
  { host, reason, nowMs, run }: PinBackupsInput,
): Promise<void> {
  const record = { id, pinnedAt: new Date(nowMs).toISOString(), ...(reason === undefined ? {} : { reason }), run };
  await writePin(storage, host, source, record);
  try {
    // A prune may have deleted it in between; one that comes later finds the pin.
    await assertThere(storage, host, source, id);
  } catch (error) {
    await removePin(storage, host, source, id);
    throw error;
  }
  await storage.remove([pendingKey(host, source, id)]);
}

async function assertThere(storage: ObjectStorage, host: string, source: string, id: string): Promise<void> {
  if ((await storage.size(manifestKey(host, source, id))) !== undefined) return;
  throw new HoldfastError('BackupNotFound', `${host}/${source} has no backup ${id} in ${storage.location}`, {
    host,
    source,
  });
}
