import type { Providers } from '../../../src/activities/activity-control.js';
import { sendMetrics } from '../../../src/activities/metrics/send-metrics.js';
import { loadConfig } from '../../../src/config/load.js';
import { readSecret } from '../../../src/providers/secrets/read-secret.js';
import { openInfluxDb } from '../../../src/providers/metrics/open-influxdb.js';
import type { HistoryRecord } from '../../../src/core/history/records.js';
import { type HistoryBench, startHistoryBench } from '../../support/history-bench.js';
import { providersWith } from '../../support/providers.js';

/** History in a file, a configuration, and a real InfluxDB. */
export interface MetricsBench extends HistoryBench {
  readonly providers: Providers;
  readonly configPath: string;
  /** Writes the configuration anew. */
  useDatabase(mapping: Readonly<Record<string, unknown>> | undefined): void;
  note(records: readonly HistoryRecord[]): Promise<void>;
  send(state?: boolean): ReturnType<typeof sendMetrics>;
  waiting(): Promise<number>;
  /** Rows of an answer, as objects. */
  query(influxql: string): Promise<Record<string, unknown>[]>;
}

export function startMetricsBench(mapping: Readonly<Record<string, unknown>>): MetricsBench {
  const bench = startHistoryBench();
  const { catalogs } = bench.providers;
  const pokeMetrics: Providers['pokeMetrics'] = (...told) => bench.providers.pokeMetrics(...told);
  const openMetrics: Providers['openMetrics'] = (plan) => openInfluxDb(plan, readSecret);
  const providers = providersWith({ catalogs, pokeMetrics, openMetrics });
  const useDatabase = (influxdb: Readonly<Record<string, unknown>> | undefined): string =>
    bench.configure('config.yaml', ...(influxdb === undefined ? [] : [`metrics: ${JSON.stringify({ influxdb })}`]));
  const configPath = useDatabase(mapping);
  return {
    ...bench,
    providers,
    configPath,
    useDatabase,
    note: (records) => bench.use(async ({ history }) => void (await history.note(records, { configPath, send: true }))),
    send: (state = true) => sendMetrics(providers, bench.control, { configPath, state }),
    waiting: () => bench.use(({ history }) => history.countWaiting(configPath)),
    query: async (influxql) => {
      const plan = (await loadConfig(configPath)).metrics?.influxdb;
      if (plan === undefined || 'unread' in plan) throw new Error('no database is configured');
      const tables = await (await openMetrics(plan)).query(influxql, bench.control.signal);
      return tables.flatMap(({ columns, rows }) =>
        rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
      );
    },
  };
}
