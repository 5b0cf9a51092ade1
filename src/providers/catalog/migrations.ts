import type { Kysely, Migration, MigrationProvider } from 'kysely';
import { historyMigration } from './history-migration.js';

/** Never change one that was released: add another. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-runs-and-backups': {
    up: async (database: Kysely<unknown>): Promise<void> => {
      const { schema } = database;
      await schema
        .createTable('runs')
        .addColumn('workflow_id', 'text', (column) => column.notNull())
        .addColumn('run_id', 'text', (column) => column.primaryKey())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('duration_ms', 'double precision', (column) => column.notNull())
        .addColumn('summary', 'text', (column) => column.notNull())
        .execute();
      await schema.createIndex('runs_by_start').on('runs').column('started_at').execute();
      await schema
        .createTable('run_hosts')
        .addColumn('run_id', 'text', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_hosts_key', ['run_id', 'position'])
        .execute();
      await schema.createIndex('run_hosts_by_host').on('run_hosts').column('host').execute();
      await schema
        .createTable('sources')
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('known_at', 'text', (column) => column.notNull())
        .addColumn('proof', 'text')
        .addPrimaryKeyConstraint('sources_key', ['host', 'source'])
        .execute();
      await schema
        .createTable('backups')
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('backup_id', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('details', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('backups_key', ['host', 'source', 'backup_id'])
        .execute();
    },
  },
  '0002-sizes': {
    up: async ({ schema }: Kysely<unknown>): Promise<void> => {
      await schema
        .createTable('sizes')
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('measured_at', 'text', (column) => column.notNull())
        .addColumn('details', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('sizes_key', ['host', 'source', 'kind', 'name'])
        .execute();
    },
  },
  '0003-history': historyMigration,
};

export const catalogMigrations: MigrationProvider = { getMigrations: async () => MIGRATIONS };
