import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dialect, Kysely, Migrator, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogBackup, CatalogedSource, CatalogRun } from '../../src/core/catalog-records.js';
import type { MeasuredSize } from '../../src/core/sizes/sizes.js';
import type { Catalog } from '../../src/providers/catalog/catalog.js';
import { catalogMigrations } from '../../src/providers/catalog/migrations.js';
import { openCatalogs } from '../../src/providers/catalog/open-catalogs.js';
import { openPostgresCatalog } from '../../src/providers/catalog/postgres-catalog.js';
import { openSqliteCatalog } from '../../src/providers/catalog/sqlite-catalog.js';
import type { CatalogTables } from '../../src/providers/catalog/tables.js';
import { type FreshCatalogs, freshDatabases, freshFiles } from '../support/fresh-catalogs.js';
import { sourceRecord } from '../support/noted-records.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';

const run = (number: number, news: Partial<CatalogRun> = {}): CatalogRun => ({
  workflowId: `backup/nightly/${number}`,
  runId: `run-${number}`,
  type: 'fleetBackup',
  status: 'ok',
  startedAt: `2026-11-2${number}T02:00:00.000Z`,
  durationMs: 1_500.5,
  hosts: [
    { host: 'web1', status: 'ok' },
    { host: `db${number}`, status: 'warning' },
  ],
  summary: { hostsTotal: 2, note: 'naïve "quoted" ✓' },
  ...news,
});
const backup = (id: string, news: Partial<CatalogBackup> = {}): CatalogBackup => ({
  host: 'web1',
  source: 'var/www',
  id,
  startedAt: `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T02:00:00.000Z`,
  details: { id, level: 0, entries: 12 },
  ...news,
});
const source = (news: Partial<CatalogedSource> = {}): CatalogedSource => ({
  host: 'web1',
  source: 'var/www',
  knownAt: '2026-11-21T03:00:00.000Z',
  backups: [backup('20261120T020000Z-0'), backup('20261121T020000Z-1')],
  proof: { backupId: '20261120T020000Z-0', files: 7 },
  ...news,
});

let directory: string;
let postgres: TestPostgres;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-catalog-'));
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
});

const KINDS: readonly (readonly [name: string, open: () => Promise<Catalog>])[] = [
  ['a file', () => openSqliteCatalog(join(directory, 'catalog.db'), () => undefined)],
  ['PostgreSQL', () => openPostgresCatalog(postgres.url)],
];

describe.each(KINDS)('a catalog in %s', (_name, open) => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await open();
  });
  afterAll(() => catalog.close());

  test('gives runs back as they were, newest first, by host, and the same run once', async () => {
    for (const number of [1, 3, 2]) await catalog.recordRun(run(number));
    // A host's result may hold more than there are columns for.
    const hosts = [{ host: 'web9', status: 'failed' as const, workflowId: 'backup/web9' }];
    await catalog.recordRun(run(2, { status: 'failed', hosts }));
    const runs = await catalog.runs({ limit: 10 });
    expect(runs.map(({ runId }) => runId)).toEqual(['run-3', 'run-2', 'run-1']);
    expect(runs[2]).toEqual(run(1));
    expect(runs[1]).toEqual(run(2, { status: 'failed', hosts: [{ host: 'web9', status: 'failed' }] }));
    expect((await catalog.runs({ limit: 10, host: 'web1' })).map(({ runId }) => runId)).toEqual(['run-3', 'run-1']);
    expect(await catalog.runs({ limit: 1 })).toHaveLength(1);
    expect(await catalog.runs({ limit: 1, host: "x' or '1'='1" })).toEqual([]);
  });

  test('replaces what is known of a source, adds single backups to it, and knows nothing of others', async () => {
    expect(await catalog.source({ host: 'web1', source: 'none' })).toBeUndefined();
    await catalog.replaceSource(source());
    expect(await catalog.source(source())).toEqual({ ...source(), backups: [...source().backups].reverse() });
    await catalog.recordBackup(backup('20261122T020000Z-2'));
    await catalog.recordBackup(backup('20261122T020000Z-2', { details: { entries: 13 } }));
    const added = await catalog.source(source());
    expect(added?.backups.map(({ id }) => id.slice(6, 8))).toEqual(['22', '21', '20']);
    expect(added?.backups[0]?.details).toEqual({ entries: 13 });
    await catalog.replaceSource(source({ backups: [], knownAt: '2026-11-23T03:00:00.000Z' }));
    expect(await catalog.source(source())).toMatchObject({ backups: [], knownAt: '2026-11-23T03:00:00.000Z' });
  });

  test('a backup of a source that was never read whole does not make it known', async () => {
    await catalog.recordBackup(backup('20261122T020000Z-0', { host: 'new' }));
    expect(await catalog.source({ host: 'new', source: 'var/www' })).toBeUndefined();
  });

  test('forgets sources that were not seen since a time', async () => {
    await catalog.replaceSource(source({ host: 'old', knownAt: '2026-01-01T00:00:00.000Z' }));
    await catalog.replaceSource(source({ host: 'now', knownAt: '2026-12-01T00:00:00.000Z' }));
    expect(await catalog.forgetBefore('2026-11-30T00:00:00.000Z')).toBeGreaterThan(0);
    expect(await catalog.source({ host: 'old', source: 'var/www' })).toBeUndefined();
    expect((await catalog.source({ host: 'now', source: 'var/www' }))?.backups).toHaveLength(2);
  });

  test('keeps the last size of each thing, of a source in order, and forgets what is gone', async () => {
    const size = (news: Partial<MeasuredSize>): MeasuredSize => ({
      host: 'web1',
      source: 'var/www',
      kind: 'snapshot',
      name: '20261121T020000Z-daily',
      destination: 'vault',
      totalBytes: 2 ** 50,
      complete: false,
      remarks: ['naïve "quoted" ✓'],
      measuredAt: '2026-11-21T02:00:00.000Z',
      durationMs: 1.5,
      ...news,
    });
    const older = size({ name: '20261120T020000Z-daily', exclusiveBytes: 1, sharedBytes: 2 });
    const mirror = size({ kind: 'mirror', name: '' });
    for (const one of [older, size({ totalBytes: 1 }), size({}), mirror, size({ source: 'etc' })])
      await catalog.recordSize(one);
    expect(await catalog.sizes(source())).toEqual([mirror, size({}), older]);
    await catalog.keepSizes(source(), [mirror, older]);
    expect(await catalog.sizes(source())).toEqual([mirror, older]);
    expect(await catalog.sizes({ host: 'web1', source: 'etc' })).toHaveLength(1);
    await catalog.keepSizes({ host: 'web1', source: 'etc' }, []);
    expect(await catalog.sizes({ host: 'web1', source: 'etc' })).toEqual([]);
  });

  test('opened again it has what it had', async () => {
    await catalog.close();
    catalog = await open();
    expect(await catalog.runs({ limit: 10 })).toHaveLength(3);
  });

  test('another one that has it open too sees what was written', async () => {
    const other = await open();
    await other.replaceSource(source({ host: 'other', knownAt: '2027-01-01T00:00:00.000Z' }));
    expect(await catalog.source({ host: 'other', source: 'var/www' })).toBeDefined();
    await other.close();
  });
});

describe.each<
  readonly [name: string, start: () => Promise<FreshCatalogs>, dialect: (place: string) => Promise<Dialect>]
>([
  ['a file', freshFiles, async (file) => new SqliteDialect({ database: new (await import('libsql')).default(file) })],
  ['PostgreSQL', freshDatabases, async (url) => new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) })],
])('a catalog of an earlier version in %s', (_name, start, dialectOf) => {
  test.each(['0001-runs-and-backups', '0002-sizes'])(
    'of %s gets the tables that came later, and keeps what it has',
    async (version) => {
      const catalogs = await start();
      try {
        const place = await catalogs.place();
        const earlier = new Kysely<CatalogTables>({ dialect: await dialectOf(place) });
        const { error } = await new Migrator({ db: earlier, provider: catalogMigrations }).migrateTo(version);
        expect(error).toBeUndefined();
        const summary = JSON.stringify({ hostsTotal: 1 });
        const row = {
          type: 'fleetBackup',
          status: 'ok',
          started_at: '2026-11-21T02:00:00.000Z',
          duration_ms: 1,
          summary,
        };
        await earlier
          .insertInto('runs')
          .values({ workflow_id: 'backup/1', run_id: 'run-1', ...row })
          .execute();
        await earlier.destroy();
        const now = await catalogs.open(place);
        expect(await now.runs({ limit: 5 })).toMatchObject([{ runId: 'run-1', summary: { hostsTotal: 1 } }]);
        expect(await now.sizes(source())).toEqual([]);
        const record = sourceRecord();
        await now.history.note([record], { configPath: '/etc/holdfast/config.yaml', send: true });
        expect(await now.history.states()).toMatchObject([{ last: record }]);
        await now.close();
      } finally {
        await catalogs.stop();
      }
    },
  );
});

describe('a catalog’s file', () => {
  test.each([
    ['that is none', async (file: string) => writeFile(file, 'this is no database, whatever its name says'.repeat(40))],
    [
      'whose pages are torn',
      async (file: string) => {
        // Made under another name: what this process had open once, it may still hold.
        const { default: Database } = await import('libsql');
        const made = new Database(`${file}.made`);
        made.exec('CREATE TABLE runs (run_id TEXT); CREATE TABLE others (name TEXT)');
        made.close();
        await writeFile(file, (await readFile(`${file}.made`)).fill(0xff, 100));
      },
    ],
  ])('%s is put aside and begun anew', async (_what, damage) => {
    const file = join(directory, `damaged-${Math.random()}.db`);
    await damage(file);
    const told: string[] = [];
    const catalog = await openSqliteCatalog(file, (aside) => told.push(aside));
    await catalog.recordRun(run(1));
    expect(await catalog.runs({ limit: 5 })).toHaveLength(1);
    await catalog.close();
    expect(told).toEqual([`${file}.unusable`]);
    expect(existsSync(`${file}.unusable`)).toBe(true);
  });

  test('that somebody has locked is left as it is: the writer fails in time, and the next one can write', async () => {
    const folder = await mkdtemp(join(directory, 'locked-'));
    const catalogs = openCatalogs({ directory: folder, readSecret: async () => '', onReplaced: () => undefined });
    await catalogs.use(undefined, (catalog) => catalog.recordRun(run(1)));
    const { default: Database } = await import('libsql');
    const other = new Database(join(folder, 'catalog.db'));
    other.exec('BEGIN IMMEDIATE');
    const began = Date.now();
    await expect(catalogs.use(undefined, (catalog) => catalog.recordRun(run(2)))).rejects.toThrow(/locked|busy/i);
    expect(Date.now() - began).toBeLessThan(5_000);
    other.exec('ROLLBACK');
    other.close();
    await catalogs.use(undefined, (catalog) => catalog.recordRun(run(3)));
    const runs = await catalogs.use(undefined, (catalog) => catalog.runs({ limit: 9 }));
    expect(runs.map(({ runId }) => runId)).toEqual(['run-3', 'run-1']);
    expect(existsSync(join(folder, 'catalog.db.unusable'))).toBe(false);
  });

  test('that turns out to be damaged in use is put aside, and what was to be written is written', async () => {
    const folder = await mkdtemp(join(directory, 'torn-'));
    const file = join(folder, 'catalog.db');
    const told: string[] = [];
    const catalogs = openCatalogs({ directory: folder, readSecret: async () => '', onReplaced: (at) => told.push(at) });
    await writeFile(file, '');
    const broken = async (): Promise<void> => {
      throw new Error('database disk image is malformed');
    };
    let uses = 0;
    await catalogs.use(undefined, (catalog) => (uses++ === 0 ? broken() : catalog.recordRun(run(1))));
    expect(told).toEqual([`${file}.unusable`]);
    expect(await catalogs.use(undefined, (catalog) => catalog.runs({ limit: 9 }))).toHaveLength(1);
  });

  test('is opened once, and a place that cannot be opened is tried again', async () => {
    const catalogs = openCatalogs({
      directory: join(directory, 'not-there'),
      readSecret: async () => postgres.url,
      onReplaced: () => undefined,
    });
    const itself = async (catalog: Catalog): Promise<Catalog> => catalog;
    for (let attempt = 0; attempt < 2; attempt += 1) await expect(catalogs.use(undefined, itself)).rejects.toThrow();
    const plan = { type: 'postgres', url: { env: 'CATALOG_URL' } } as const;
    const [one, two] = await Promise.all([catalogs.use(plan, itself), catalogs.use(plan, itself)]);
    expect(one).toBe(two);
    expect(one.location).not.toContain('holdfast@');
    await one.close();
  });
});
