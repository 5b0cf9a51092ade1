import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { HistoryLimits } from '../../src/providers/catalog/history.js';
import type { DatabaseCatalog } from '../../src/providers/catalog/database-catalog.js';
import { openPostgresCatalog } from '../../src/providers/catalog/postgres-catalog.js';
import { openSqliteCatalog } from '../../src/providers/catalog/sqlite-catalog.js';
import { startPostgres } from './postgres.js';

/** Catalogs to be made in a place of its own: each opening of the same place is another connection to it. */
export interface FreshCatalogs {
  /** A file, or a database's URL; empty. */
  place(): Promise<string>;
  open(place: string, limits?: HistoryLimits): Promise<DatabaseCatalog>;
  stop(): Promise<void>;
}

export async function freshFiles(): Promise<FreshCatalogs> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-catalogs-'));
  let made = 0;
  return {
    place: async () => join(directory, `${(made += 1)}.db`),
    open: (file, limits) => openSqliteCatalog(file, shouldNotBeReplaced, limits),
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

const shouldNotBeReplaced = (aside: string, reason: string): never => {
  throw new Error(`the catalog was put aside as ${aside}: ${reason}`);
};

/** A database for each, in a server of their own. */
export async function freshDatabases(): Promise<FreshCatalogs> {
  const server = await startPostgres();
  let made = 0;
  return {
    place: async () => {
      const name = `catalog${(made += 1)}`;
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return server.url.replace('/postgres?', `/${name}?`);
    },
    open: (url, limits) => openPostgresCatalog(url, limits),
    stop: () => server.stop(),
  };
}
