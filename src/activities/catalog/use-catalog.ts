import { loadCachedConfig } from '../../config/cache.js';
import { HoldfastError } from '../../core/failures.js';
import type { CatalogPlan } from '../../core/plan.js';
import type { Catalog } from '../../providers/catalog/catalog.js';
import type { ActivityControl, Providers } from '../activity-control.js';

/** The catalog that a configuration names. Undefined: the worker's own file. */
export async function catalogPlanOf(configPath: string): Promise<CatalogPlan | undefined> {
  return (await loadCachedConfig(configPath)).settings.catalog;
}

/** For whoever asks the catalog itself. Throws CatalogUnavailable. */
export async function fromCatalog<T>(
  { catalogs }: Pick<Providers, 'catalogs'>,
  plan: CatalogPlan | undefined,
  work: (catalog: Catalog) => Promise<T>,
): Promise<T> {
  try {
    return await catalogs.use(plan, work);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('CatalogUnavailable', `the catalog cannot be used: ${reason}`, {}, { cause: error });
  }
}

/** For whoever has something to add besides: a catalog that cannot be written is logged, and nothing else. */
export async function noteInCatalog(
  providers: Providers,
  control: ActivityControl,
  plan: CatalogPlan | undefined,
  work: (catalog: Catalog) => Promise<void>,
): Promise<void> {
  try {
    await fromCatalog(providers, plan, work);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    control.log('warn', 'the catalog was not written; `holdfast catalog rebuild` brings it up to date', { message });
  }
}
