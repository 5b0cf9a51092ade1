import { loadCachedConfig } from '../../config/cache.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { CollectHistoryInput, CollectHistoryResult } from '../contract.js';
import { sendsMetrics } from './note-history.js';

/** Adds to history what Temporal's closed runs say and history lacks: the catalog was lost, or away when they ended. A page at a time. */
export async function collectHistory(
  providers: Providers,
  _control: ActivityControl,
  { configPath, ...query }: CollectHistoryInput,
): Promise<CollectHistoryResult> {
  const configuration = await loadCachedConfig(configPath);
  const { path, settings } = configuration;
  const { records, next } = await providers.pastRuns.page({ configPath: path, ...query });
  const options = { configPath: path, send: sendsMetrics(configuration) };
  const { added } = await fromCatalog(providers, settings.catalog, ({ history }) => history.note(records, options));
  return { added, ...(next === undefined ? {} : { next }) };
}
