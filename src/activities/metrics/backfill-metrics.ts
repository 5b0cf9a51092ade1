import { loadCachedConfig } from '../../config/cache.js';
import { HoldfastError } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { BackfillMetricsInput, BackfillMetricsResult } from '../contract.js';

/** Marks what history has since then as to be sent again, also what the database had refused. The same points are written over. */
export async function backfillMetrics(
  providers: Providers,
  _control: ActivityControl,
  { configPath, sinceMs }: BackfillMetricsInput,
): Promise<BackfillMetricsResult> {
  const { path, metrics, settings } = await loadCachedConfig(configPath);
  if (metrics?.influxdb === undefined)
    throw new HoldfastError('MetricsNotConfigured', `${configPath} has no metrics.influxdb.`);
  const marked = await fromCatalog(providers, settings.catalog, ({ history }) => history.sendAgain(path, sinceMs));
  await providers.pokeMetrics(path, 'now');
  return { marked };
}
