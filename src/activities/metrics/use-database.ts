import { loadCachedConfig } from '../../config/cache.js';
import type { Configuration } from '../../config/load.js';
import { HoldfastError } from '../../core/failures.js';
import type { InfluxPlan } from '../../core/metrics/plan.js';
import type { MetricsDatabase } from '../../providers/metrics/metrics-database.js';
import type { Providers } from '../activity-control.js';

export interface ConfiguredDatabase {
  readonly database: MetricsDatabase;
  readonly plan: InfluxPlan;
  readonly configuration: Configuration;
}

/**
 * Works with the metrics database that a configuration names, as the file has it at this moment, and closes it. Throws MetricsNotConfigured,
 * ConfigNotFound, ConfigInvalid (also where the file of its own cannot be read), SecretUnavailable.
 */
export async function withMetricsDatabase<T>(
  providers: Providers,
  configPath: string,
  work: (configured: ConfiguredDatabase) => Promise<T>,
): Promise<T> {
  const configuration = await loadCachedConfig(configPath);
  const plan = configuration.metrics?.influxdb;
  if (plan === undefined) throw new HoldfastError('MetricsNotConfigured', `${configPath} has no metrics.influxdb.`);
  if ('unread' in plan) throw new HoldfastError('ConfigInvalid', `metrics.influxdb: ${plan.unread}`);
  const database = await providers.openMetrics(plan);
  try {
    return await work({ database, plan, configuration });
  } finally {
    await database.close();
  }
}
