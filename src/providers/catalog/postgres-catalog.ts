import { Kysely, PostgresDialect } from 'kysely';
import { DatabaseCatalog } from './database-catalog.js';
import { HISTORY_LIMITS, type HistoryLimits } from './history.js';
import type { CatalogTables } from './tables.js';

/** Opens the catalog in a PostgreSQL database, for several workers. A server that does not answer costs seconds, no more. */
export async function openPostgresCatalog(
  url: string,
  limits: HistoryLimits = HISTORY_LIMITS,
): Promise<DatabaseCatalog> {
  const { default: postgres } = await import('pg');
  const pool = new postgres.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 3_000,
    statement_timeout: 10_000,
    // The server says so first, unless the link to it went dark: then nobody would say anything for a quarter of an hour.
    query_timeout: 12_000,
    // An idle catalog must not keep the process.
    allowExitOnIdle: true,
  });
  // A connection that breaks while idle is made anew with the next question.
  pool.on('error', () => undefined);
  const { host, port, database } = pool.options;
  const location =
    `PostgreSQL ${host ?? locationOf(url)}${port === undefined ? '' : `:${port}`} ${database ?? ''}`.trim();
  const dialect = new PostgresDialect({ pool });
  return DatabaseCatalog.open(new Kysely<CatalogTables>({ dialect }), location, limits);
}

/** Without user and password. */
function locationOf(url: string): string {
  if (!URL.canParse(url)) return 'database';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
