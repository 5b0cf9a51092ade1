import type { Kysely } from 'kysely';
import type { CatalogSource } from '../../core/catalog-records.js';
import type { MeasuredSize, SizeTarget } from '../../core/sizes/sizes.js';
import type { CatalogTables } from './tables.js';

/** The catalog's table of measured sizes. Keyed by what was measured: each has its last known figures. */
export async function recordSize(database: Kysely<CatalogTables>, size: MeasuredSize): Promise<void> {
  const { host, source, kind, name, measuredAt } = size;
  const row = { measured_at: measuredAt, details: JSON.stringify(size) };
  await database
    .insertInto('sizes')
    .values({ host, source, kind, name, ...row })
    .onConflict((conflict) => conflict.columns(['host', 'source', 'kind', 'name']).doUpdateSet(row))
    .execute();
}

export async function readSizes(
  database: Kysely<CatalogTables>,
  { host, source }: CatalogSource,
): Promise<MeasuredSize[]> {
  const rows = await database
    .selectFrom('sizes')
    .selectAll()
    .where('host', '=', host)
    .where('source', '=', source)
    .orderBy('kind')
    .orderBy('name', 'desc')
    .execute();
  return rows.map(({ details }) => JSON.parse(details) as MeasuredSize);
}

/** Forgets what of a source is not among the targets. */
export async function keepSizes(
  database: Kysely<CatalogTables>,
  { host, source }: CatalogSource,
  targets: readonly SizeTarget[],
): Promise<void> {
  const kept = new Set(targets.map(({ kind, name }) => `${kind} ${name}`));
  await database.transaction().execute(async (tables) => {
    const rows = await tables
      .selectFrom('sizes')
      .select(['kind', 'name'])
      .where('host', '=', host)
      .where('source', '=', source)
      .execute();
    for (const { kind, name } of rows.filter((row) => !kept.has(`${row.kind} ${row.name}`))) {
      await tables
        .deleteFrom('sizes')
        .where('host', '=', host)
        .where('source', '=', source)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .execute();
    }
  });
}
