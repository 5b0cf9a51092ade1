import type { Kysely } from 'kysely';
import type { HistoryRecord } from '../../core/history/records.js';
import {
  isStateRecord,
  type SourceState,
  type StateRecord,
  withLastSuccess,
  withRecord,
} from '../../core/history/source-state.js';
import { keepLatest } from './latest-records.js';
import type { CatalogTables } from './tables.js';

/**
 * Takes records that history did not have into the states of what they are about, within the transaction that adds them.
 * Gives them as they are to be kept: with what the states add to them.
 */
export async function bringUpToDate(
  tables: Kysely<CatalogTables>,
  records: readonly HistoryRecord[],
  nowMs: number,
): Promise<HistoryRecord[]> {
  const states = new Map<string, SourceState | undefined>();
  const kept = new Map<string, HistoryRecord>(records.map((record) => [record.id, record]));
  for (const record of records.toSorted((a, b) => a.atMs - b.atMs)) {
    if (record.kind === 'destination' || record.kind === 'size') await keepLatest(tables, record, nowMs);
    if (!isStateRecord(record)) continue;
    const place = placeOf(record);
    const state = states.has(place) ? states.get(place) : await readState(tables, record);
    const told = withLastSuccess(record, state);
    kept.set(record.id, told);
    states.set(place, withRecord(state, told, nowMs));
  }
  for (const state of states.values()) if (state !== undefined) await keepState(tables, state);
  return [...kept.values()];
}

/** No name holds a line's end. */
const placeOf = ({ host, source, destination }: StateRecord): string => [host, source, destination].join('\n');

async function readState(
  tables: Kysely<CatalogTables>,
  { host, source, destination }: StateRecord,
): Promise<SourceState | undefined> {
  const row = await tables
    .selectFrom('source_states')
    .select('details')
    .where('host', '=', host)
    .where('source', '=', source)
    .where('destination', '=', destination)
    .executeTakeFirst();
  return row === undefined ? undefined : stateOf(row);
}

async function keepState(tables: Kysely<CatalogTables>, state: SourceState): Promise<void> {
  const { host, source, destination } = state;
  const details = JSON.stringify(state);
  await tables
    .insertInto('source_states')
    .values({ host, source, destination, details })
    .onConflict((conflict) => conflict.columns(['host', 'source', 'destination']).doUpdateSet({ details }))
    .execute();
}

/** @param hosts undefined: all */
export async function readStates(
  database: Kysely<CatalogTables>,
  hosts: readonly string[] | undefined,
): Promise<SourceState[]> {
  let query = database.selectFrom('source_states').select('details');
  if (hosts !== undefined) query = query.where('host', 'in', hosts);
  const rows = await query.orderBy('host').orderBy('source').orderBy('destination').execute();
  return rows.map(stateOf);
}

const stateOf = ({ details }: { details: string }): SourceState => JSON.parse(details) as SourceState;
