import type { DestinationPlan } from '../../core/plan.js';
import type { Providers } from '../activity-control.js';
import type { Repository, RepositoryAccess } from './open-repository.js';
import { openRepository } from './open-repository.js';

/** Opens the destination for `work` and closes it afterwards. */
export async function withStorage<T>(
  providers: Providers,
  destination: DestinationPlan,
  work: (storage: Repository) => Promise<T>,
  access?: RepositoryAccess,
): Promise<T> {
  const storage = await openRepository(providers, destination, access);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}
