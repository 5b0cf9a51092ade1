import type { SecretRef, SourcePlan } from '../../core/plan.js';
import type { Providers } from '../activity-control.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';

/** Opens a source's destination with the private key that the request or the configuration names, and closes it afterwards. */
export function withRepository<T>(
  providers: Providers,
  { source, identity }: { readonly source: SourcePlan; readonly identity?: SecretRef },
  work: (storage: Repository) => Promise<T>,
): Promise<T> {
  const { destination } = source;
  return withStorage(providers, destination, work, accessOf(destination, identity === undefined ? {} : { identity }));
}
