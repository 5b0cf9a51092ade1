import { Migrator, type Kysely } from 'kysely';
import type { CatalogBackup, CatalogedSource, CatalogRun, CatalogSource } from '../../core/catalog-records.js';
import type { Status } from '../../core/statuses.js';
import type { MeasuredSize, SizeTarget } from '../../core/sizes/sizes.js';
import type { Catalog } from './catalog.js';
import { DatabaseHistory } from './database-history.js';
import { keepSizes, readSizes, recordSize } from './database-sizes.js';
import type { History, HistoryLimits } from './history.js';
import { catalogMigrations } from './migrations.js';
import type { CatalogTables } from './tables.js';

/** The catalog over any database that Kysely speaks. */
export class DatabaseCatalog implements Catalog {
  private constructor(
    private readonly database: Kysely<CatalogTables>,
    readonly location: string,
    readonly history: History,
  ) {}

  /** Brings the tables to this version's form first. Throws what the database throws, and closes it then. */
  static async open(
    database: Kysely<CatalogTables>,
    location: string,
    limits: HistoryLimits,
  ): Promise<DatabaseCatalog> {
    try {
      const { error } = await new Migrator({ db: database, provider: catalogMigrations }).migrateToLatest();
      if (error !== undefined)
        throw error instanceof Error ? error : new Error('the tables could not be made', { cause: error });
      return new DatabaseCatalog(database, location, new DatabaseHistory(database, limits));
    } catch (error) {
      await database.destroy();
      throw error;
    }
  }

  async recordRun(run: CatalogRun): Promise<void> {
    const { workflowId, runId, type, status, startedAt, durationMs, hosts, summary } = run;
    const row = { type, status, started_at: startedAt, duration_ms: durationMs, summary: JSON.stringify(summary) };
    await this.database.transaction().execute(async (tables) => {
      await tables
        .insertInto('runs')
        .values({ workflow_id: workflowId, run_id: runId, ...row })
        .onConflict((conflict) => conflict.column('run_id').doUpdateSet(row))
        .execute();
      await tables.deleteFrom('run_hosts').where('run_id', '=', runId).execute();
      // Not all that the result of a host holds: that is no column.
      for (const [position, { host, status: ofHost }] of hosts.entries()) {
        await tables.insertInto('run_hosts').values({ run_id: runId, position, host, status: ofHost }).execute();
      }
    });
  }

  async runs({ limit, host }: { readonly limit: number; readonly host?: string }): Promise<CatalogRun[]> {
    let query = this.database.selectFrom('runs').selectAll();
    if (host !== undefined) {
      query = query.where('run_id', 'in', (hosts) =>
        hosts.selectFrom('run_hosts').select('run_id').where('host', '=', host),
      );
    }
    const rows = await query.orderBy('started_at', 'desc').orderBy('run_id').limit(limit).execute();
    const ids = rows.map(({ run_id }) => run_id);
    const hosts =
      ids.length === 0
        ? []
        : await this.database
            .selectFrom('run_hosts')
            .selectAll()
            .where('run_id', 'in', ids)
            .orderBy('position')
            .execute();
    return rows.map((row) => ({
      workflowId: row.workflow_id,
      runId: row.run_id,
      type: row.type,
      status: row.status as Status,
      startedAt: row.started_at,
      durationMs: row.duration_ms,
      hosts: hosts
        .filter(({ run_id }) => run_id === row.run_id)
        .map((one) => ({ host: one.host, status: one.status as Status })),
      summary: objectOf(row.summary),
    }));
  }

  async recordBackup(backup: CatalogBackup): Promise<void> {
    await insertBackup(this.database, backup);
  }

  async replaceSource({ host, source, knownAt, backups, proof }: CatalogedSource): Promise<void> {
    const row = { known_at: knownAt, proof: proof === undefined ? null : JSON.stringify(proof) };
    await this.database.transaction().execute(async (tables) => {
      await tables
        .insertInto('sources')
        .values({ host, source, ...row })
        .onConflict((conflict) => conflict.columns(['host', 'source']).doUpdateSet(row))
        .execute();
      await tables.deleteFrom('backups').where('host', '=', host).where('source', '=', source).execute();
      for (const backup of backups) await insertBackup(tables, { ...backup, host, source });
    });
  }

  async source({ host, source }: CatalogSource): Promise<CatalogedSource | undefined> {
    const known = await this.database
      .selectFrom('sources')
      .selectAll()
      .where('host', '=', host)
      .where('source', '=', source)
      .executeTakeFirst();
    if (known === undefined) return undefined;
    const rows = await this.database
      .selectFrom('backups')
      .selectAll()
      .where('host', '=', host)
      .where('source', '=', source)
      .orderBy('started_at', 'desc')
      .orderBy('backup_id', 'desc')
      .execute();
    const backups = rows.map(({ backup_id: id, started_at: startedAt, details }) => ({
      host,
      source,
      id,
      startedAt,
      details: objectOf(details),
    }));
    const proof = known.proof === null ? {} : { proof: objectOf(known.proof) };
    return { host, source, knownAt: known.known_at, backups, ...proof };
  }

  async forgetBefore(time: string): Promise<number> {
    return this.database.transaction().execute(async (tables) => {
      const old = await tables.selectFrom('sources').selectAll().where('known_at', '<', time).execute();
      for (const { host, source } of old) {
        await tables.deleteFrom('backups').where('host', '=', host).where('source', '=', source).execute();
        await tables.deleteFrom('sources').where('host', '=', host).where('source', '=', source).execute();
      }
      return old.length;
    });
  }

  async recordSize(size: MeasuredSize): Promise<void> {
    await recordSize(this.database, size);
  }

  async sizes(source: CatalogSource): Promise<MeasuredSize[]> {
    return readSizes(this.database, source);
  }

  async keepSizes(source: CatalogSource, targets: readonly SizeTarget[]): Promise<void> {
    await keepSizes(this.database, source, targets);
  }

  async close(): Promise<void> {
    await this.database.destroy();
  }
}

async function insertBackup(tables: Kysely<CatalogTables>, backup: CatalogBackup): Promise<void> {
  const { host, source, id, startedAt, details } = backup;
  const row = { started_at: startedAt, details: JSON.stringify(details) };
  await tables
    .insertInto('backups')
    .values({ host, source, backup_id: id, ...row })
    .onConflict((conflict) => conflict.columns(['host', 'source', 'backup_id']).doUpdateSet(row))
    .execute();
}

const objectOf = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Record<string, unknown>;
