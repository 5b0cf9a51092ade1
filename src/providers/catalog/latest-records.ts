import type { Kysely } from 'kysely';
import type { DestinationRecord, SizeRecord, SourcePlace } from '../../core/history/records.js';
import { newer } from '../../core/history/source-state.js';
import { SIZE_KINDS } from '../../core/sizes/sizes.js';
import type { CatalogTables } from './tables.js';

type LatestRecord = DestinationRecord | SizeRecord;

const placeOf = (record: LatestRecord): string =>
  record.kind === 'destination' ? record.destination : sizePlaceOf(record);

/** No name holds a line's end; so places sort as their parts do. */
const sizePlaceOf = ({ host, source, destination, of }: SourcePlace & Pick<SizeRecord, 'of'>): string =>
  [host, source, destination, of].join('\n');

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

/** All places that sizes of a source can have. */
export const sizePlacesOf = (source: SourcePlace): string[] => SIZE_KINDS.map((of) => sizePlaceOf({ ...source, of }));

/** @param places undefined: all */
export async function readLatest<One extends LatestRecord>(
  database: Kysely<CatalogTables>,
  kind: One['kind'],
  places?: readonly string[],
): Promise<One[]> {
  let query = database.selectFrom('latest_records').select('details').where('kind', '=', kind);
  if (places !== undefined) query = query.where('place', 'in', places);
  const rows = await query.orderBy('place').execute();
  return rows.map((row) => recordOf<One>(row));
}

const recordOf = <One>({ details }: { details: string }): One => JSON.parse(details) as One;
