import type { ActivityControl, Providers } from '../activity-control.js';
import type { MetricsRow, QueryMetricsInput, QueryMetricsResult } from '../contract.js';
import type { QueryTable } from '../../providers/metrics/metrics-database.js';
import { withMetricsDatabase } from './use-database.js';

/** So that a page stays below what a payload may be. */
const ROWS_AT_ONCE = 80;
const HOUR_MS = 3_600_000;

const COLUMNS = [
  'host',
  'source',
  'destination',
  'engine',
  'status',
  'failure_type',
  'error_count',
  'warning_count',
  'duration_seconds',
  'total_size_bytes',
  'stored_bytes',
  'bytes_sent',
  'bytes_received',
  'transfer_rate',
  'files_total',
  'files_transferred',
  'exit_code',
  'level',
];

/** What the database has of backups of sources, newest first. */
export async function queryMetrics(
  providers: Providers,
  control: ActivityControl,
  { configPath, hours, host, after }: QueryMetricsInput,
): Promise<QueryMetricsResult> {
  const { untilMs, offset } = after ?? { untilMs: Date.now(), offset: 0 };
  const where = [
    `time > ${untilMs - Math.round(hours * HOUR_MS)}ms`,
    `time <= ${untilMs}ms`,
    ...(host === undefined ? [] : [`"host" = ${quoted(host)}`]),
  ];
  const query = `SELECT ${COLUMNS.map((name) => `"${name}"`).join(', ')} FROM "backup_source" WHERE ${where.join(' AND ')} ORDER BY time DESC LIMIT ${ROWS_AT_ONCE} OFFSET ${offset}`;
  return withMetricsDatabase(providers, configPath, async ({ database }) => {
    const rows = (await database.query(query, control.signal)).flatMap(rowsOf);
    return rows.length < ROWS_AT_ONCE ? { rows } : { rows, next: { untilMs, offset: offset + rows.length } };
  });
}

const rowsOf = ({ columns, rows }: QueryTable): MetricsRow[] =>
  rows.map((row) => {
    const { time, ...values } = Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]));
    return { time: new Date(Number(time)).toISOString(), values };
  });

/** A string of InfluxQL. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
