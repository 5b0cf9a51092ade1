import type { DestinationPlan } from '../../core/plan.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Providers } from '../activity-control.js';

/** Opens the destination for `work` and closes it afterwards. */
export async function withStorage<T>(
  providers: Providers,
  destination: DestinationPlan,
  work: (storage: ObjectStorage) => Promise<T>,
): Promise<T> {
  const storage = await providers.openStorage(destination);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}
