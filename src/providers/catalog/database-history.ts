import { sql, type Kysely } from 'kysely';
import type { DestinationRecord, HistoryRecord, SizeRecord, SourcePlace } from '../../core/history/records.js';
import type { SourceState } from '../../core/history/source-state.js';
import type { History, HistoryLimits, HistoryQuery, NoteOptions, NoteResult, WaitingRecord } from './history.js';
import { bringUpToDate, readStates } from './history-states.js';
import { readLatest, sizePlacesOf } from './latest-records.js';
import type { CatalogTables } from './tables.js';
import { trimHistory } from './trim-history.js';

/** In one statement; SQLite takes some 32,000 values in each. */
const ROWS_AT_ONCE = 500;
const SEQS_AT_ONCE = 5_000;
const REASON_CHARACTERS = 500;

/** History in the tables of a catalog. */
export class DatabaseHistory implements History {
  constructor(
    private readonly database: Kysely<CatalogTables>,
    private readonly limits: HistoryLimits,
  ) {}

  async note(records: readonly HistoryRecord[], { configPath, send }: NoteOptions): Promise<NoteResult> {
    if (records.length === 0) return { added: 0, dropped: 0 };
    const nowMs = Date.now();
    return this.#inTurn(records.length, async (tables, { untrimmed, horizon_ms }) => {
      const unknown = await unknownOf(
        tables,
        records.filter(({ atMs }) => atMs > horizon_ms),
      );
      const added = await bringUpToDate(tables, unknown, nowMs);
      await insert(tables, added, { configPath, send });
      const dropped = untrimmed < this.limits.trimEvery ? 0 : await trimHistory(tables, this.limits, untrimmed, nowMs);
      return { added: added.length, dropped };
    });
  }

  async records({ sinceMs, untilMs, kinds, host, limit }: HistoryQuery): Promise<HistoryRecord[]> {
    let query = this.database.selectFrom('history').select('details').where('at_ms', '>=', sinceMs);
    if (untilMs !== undefined) query = query.where('at_ms', '<', untilMs);
    if (kinds !== undefined) query = query.where('kind', 'in', kinds);
    if (host !== undefined) query = query.where('host', '=', host);
    return (await query.orderBy('at_ms', 'desc').orderBy('seq', 'desc').limit(limit).execute()).map(recordOf);
  }

  states(hosts?: readonly string[]): Promise<SourceState[]> {
    return readStates(this.database, hosts);
  }

  destinations(): Promise<DestinationRecord[]> {
    return readLatest<DestinationRecord>(this.database, 'destination');
  }

  sizes(sources?: readonly SourcePlace[]): Promise<SizeRecord[]> {
    return readLatest<SizeRecord>(this.database, 'size', sources?.flatMap(sizePlacesOf));
  }

  async waiting(configPath: string, limit: number): Promise<WaitingRecord[]> {
    const rows = await this.database
      .selectFrom('history')
      .select(['seq', 'details'])
      .where('config', '=', configPath)
      .where(isWaiting)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ seq: Number(row.seq), record: recordOf(row) }));
  }

  async countWaiting(configPath: string): Promise<number> {
    const { waiting } = await this.database
      .selectFrom('history')
      .select(({ fn }) => fn.countAll().as('waiting'))
      .where('config', '=', configPath)
      .where(isWaiting)
      .executeTakeFirstOrThrow();
    return Number(waiting);
  }

  async countDropped(): Promise<number> {
    return (await this.database.selectFrom('history_totals').select('dropped').executeTakeFirstOrThrow()).dropped;
  }

  async sent(seqs: readonly number[]): Promise<void> {
    await this.#inTurn(0, async (tables) => {
      for (const some of inPieces(seqs, SEQS_AT_ONCE))
        await tables.updateTable('history').set({ waiting: 0, refused: null }).where('seq', 'in', some).execute();
    });
  }

  async refused(seq: number, reason: string): Promise<void> {
    // PostgreSQL keeps no NUL in a text.
    const text = reason.replaceAll('\0', '').slice(0, REASON_CHARACTERS);
    await this.#inTurn(0, (tables) =>
      tables.updateTable('history').set({ waiting: 0, refused: text }).where('seq', '=', seq).execute(),
    );
  }

  /** In portions, so that nobody who has something to note waits long. */
  async sendAgain(configPath: string, sinceMs: number): Promise<number> {
    let [marked, after] = [0, 0];
    for (;;) {
      const seqs = await this.#markSome(configPath, sinceMs, after);
      marked += seqs.length;
      after = seqs.at(-1) ?? 0;
      if (seqs.length < SEQS_AT_ONCE) return marked;
    }
  }

  #markSome(configPath: string, sinceMs: number, after: number): Promise<number[]> {
    return this.#inTurn(0, async (tables) => {
      const rows = await tables
        .selectFrom('history')
        .select('seq')
        .where('seq', '>', after)
        .where('config', '=', configPath)
        .where('at_ms', '>=', sinceMs)
        .where('waiting', '=', 0)
        .orderBy('seq')
        .limit(SEQS_AT_ONCE)
        .execute();
      const seqs = rows.map(({ seq }) => Number(seq));
      if (seqs.length > 0)
        await tables.updateTable('history').set({ waiting: 1, refused: null }).where('seq', 'in', seqs).execute();
      return seqs;
    });
  }

  /**
   * Changes of several workers follow one another: each takes the one row of totals first. So no state is brought up to date by two at once, and `seq` grows in
   * the order in which records can be seen.
   */
  #inTurn<T>(noted: number, work: (tables: Kysely<CatalogTables>, totals: Totals) => Promise<T>): Promise<T> {
    return this.database.transaction().execute(async (tables) => {
      const totals = await tables
        .updateTable('history_totals')
        .set((total) => ({ untrimmed: total('untrimmed', '+', noted) }))
        .returning(['untrimmed', 'horizon_ms'])
        .executeTakeFirstOrThrow();
      return work(tables, totals);
    });
  }
}

type Totals = Pick<CatalogTables['history_totals'], 'untrimmed' | 'horizon_ms'>;

/** Those that history does not have, the first of each id. */
async function unknownOf(tables: Kysely<CatalogTables>, records: readonly HistoryRecord[]): Promise<HistoryRecord[]> {
  const unknown = new Map<string, HistoryRecord>();
  for (const record of records) if (!unknown.has(record.id)) unknown.set(record.id, record);
  for (const ids of inPieces([...unknown.keys()], ROWS_AT_ONCE)) {
    const known = await tables.selectFrom('history').select('id').where('id', 'in', ids).execute();
    for (const { id } of known) unknown.delete(id);
  }
  return [...unknown.values()];
}

async function insert(
  tables: Kysely<CatalogTables>,
  records: readonly HistoryRecord[],
  { configPath, send }: NoteOptions,
): Promise<void> {
  for (const some of inPieces(records, ROWS_AT_ONCE)) {
    const rows = some.map((record) => ({
      id: record.id,
      at_ms: record.atMs,
      kind: record.kind,
      host: 'host' in record ? record.host : null,
      config: configPath,
      details: JSON.stringify(record),
      waiting: send ? 1 : 0,
      refused: null,
    }));
    await tables.insertInto('history').values(rows).execute();
  }
}

function* inPieces<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

/** As the index has it: a database does not see that of a parameter. */
const isWaiting = sql<boolean>`waiting = 1`;
const recordOf = ({ details }: { details: string }): HistoryRecord => JSON.parse(details) as HistoryRecord;
