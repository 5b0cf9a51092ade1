import { rename, rm } from 'node:fs/promises';
import { Kysely, SqliteDialect } from 'kysely';
import { DatabaseCatalog } from './database-catalog.js';
import { HISTORY_LIMITS, type HistoryLimits } from './history.js';
import type { CatalogTables } from './tables.js';

/** Its calls hold up the whole process: another one that writes is waited for only so long. */
const BUSY_TIMEOUT_MS = 500;

/**
 * Opens the catalog in a file. One that is damaged, or that another version wrote in a form which this one does not know, is put aside under
 * another name and begun anew: `onReplaced` is told. A locked one is left alone, and the error thrown.
 */
export async function openSqliteCatalog(
  file: string,
  onReplaced: (aside: string, reason: string) => void,
  limits: HistoryLimits = HISTORY_LIMITS,
): Promise<DatabaseCatalog> {
  try {
    return await open(file, limits);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    onReplaced(await putAside(file), String(error));
    return open(file, limits);
  }
}

/** Gives the name under which it is kept. */
export async function putAside(file: string): Promise<string> {
  const aside = `${file}.unusable`;
  await rename(file, aside);
  for (const log of ['-wal', '-shm']) await rm(file + log, { force: true });
  return aside;
}

async function open(file: string, limits: HistoryLimits): Promise<DatabaseCatalog> {
  // Loaded only here: its native part costs a worker's start time that most runs do not need at once.
  const { default: Database } = await import('libsql');
  const database = new Database(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = NORMAL');
  } catch (error) {
    database.close();
    throw error;
  }
  const dialect = new SqliteDialect({ database });
  return DatabaseCatalog.open(new Kysely<CatalogTables>({ dialect }), file, limits);
}

/** SQLite's words for a file that is none of its own or torn, and Kysely's for migrations that it does not know. */
export const isUnusable = (error: unknown): boolean =>
  error instanceof Error && /not a database|malformed|corrupt|disk image/i.test(error.message);
