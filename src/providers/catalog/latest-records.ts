import type { Kysely } from 'kysely';
import type { DestinationRecord, SizeRecord } from '../../core/history/records.js';
import { newer } from '../../core/history/source-state.js';
import type { CatalogTables } from './tables.js';

type LatestRecord = DestinationRecord | SizeRecord;

/** No name holds a line's end; so places sort as their parts do. */
const placeOf = (record: LatestRecord): string =>
  record.kind === 'destination'
    ? record.destination
    : [record.host, record.source, record.destination, record.of].join('\n');

/** The newest of each place outlives the others. */
export async function keepLatest(tables: Kysely<CatalogTables>, record: LatestRecord, nowMs: number): Promise<void> {
  const { kind } = record;
  const place = placeOf(record);
  const row = await tables
    .selectFrom('latest_records')
    .select('details')
    .where('kind', '=', kind)
    .where('place', '=', place)
    .executeTakeFirst();
  const details = JSON.stringify(newer(row === undefined ? undefined : recordOf<LatestRecord>(row), record, nowMs));
  await tables
    .insertInto('latest_records')
    .values({ kind, place, details })
    .onConflict((conflict) => conflict.columns(['kind', 'place']).doUpdateSet({ details }))
    .execute();
}

export async function readLatest<One extends LatestRecord>(
  database: Kysely<CatalogTables>,
  kind: One['kind'],
): Promise<One[]> {
  const rows = await database
    .selectFrom('latest_records')
    .select('details')
    .where('kind', '=', kind)
    .orderBy('place')
    .execute();
  return rows.map((row) => recordOf<One>(row));
}

const recordOf = <One>({ details }: { details: string }): One => JSON.parse(details) as One;
