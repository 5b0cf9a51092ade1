import { PostgresAdapter, sql, type Kysely, type Migration } from 'kysely';

/** Never change it once it was released. */
export const historyMigration: Migration = {
  up: async (database: Kysely<unknown>): Promise<void> => {
    const { schema } = database;
    const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter;
    await schema
      .createTable('history')
      // Neither gives a number twice, also not that of the newest row after it was deleted.
      .addColumn('seq', isPostgres ? 'bigserial' : 'integer', (column) =>
        isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
      )
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('at_ms', 'double precision', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('host', 'text')
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addColumn('waiting', 'integer', (column) => column.notNull())
      .addColumn('refused', 'text')
      .execute();
    await schema.createIndex('history_by_time').on('history').column('at_ms').execute();
    await schema.createIndex('history_by_host').on('history').columns(['host', 'at_ms']).execute();
    await schema.createIndex('history_by_kind').on('history').columns(['kind', 'at_ms']).execute();
    await schema
      .createIndex('history_that_waits')
      .on('history')
      .columns(['config', 'seq'])
      .where(sql.ref('waiting'), '=', sql.lit(1))
      .execute();
    await schema
      .createTable('source_states')
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('destination', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('source_states_key', ['host', 'source', 'destination'])
      .execute();
    await schema
      .createTable('latest_records')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('latest_records_key', ['kind', 'place'])
      .execute();
    await schema
      .createTable('history_totals')
      .addColumn('only', 'integer', (column) => column.primaryKey())
      .addColumn('untrimmed', 'integer', (column) => column.notNull())
      .addColumn('dropped', 'double precision', (column) => column.notNull())
      .addColumn('horizon_ms', 'double precision', (column) => column.notNull())
      .execute();
    await sql`insert into history_totals values (1, 0, 0, 0)`.execute(database);
  },
};
