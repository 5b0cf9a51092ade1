import { sql, type Kysely } from 'kysely';
import type { HistoryLimits } from './history.js';
import type { CatalogTables } from './tables.js';

const DAY_MS = 86_400_000;

/**
 * Deletes what lies beyond the bounds, oldest first by its own time; what waits is spared up to the newest `limits.waiting`. States stay.
 * Gives how many of those that waited had to go.
 *
 * @param untrimmed so many were noted since it was done before
 */
export async function trimHistory(
  tables: Kysely<CatalogTables>,
  limits: HistoryLimits,
  untrimmed: number,
  nowMs: number,
): Promise<number> {
  const spared = await firstSpared(tables, limits.waiting);
  const oldestMs = (await presentMs(tables, untrimmed, nowMs)) - limits.days * DAY_MS;
  const newest = await newestThatGoes(tables, limits, spared, oldestMs);
  if (newest === undefined) {
    await tables.updateTable('history_totals').set({ untrimmed: 0 }).execute();
    return 0;
  }
  const goes = tables.selectFrom('history').where('at_ms', '<=', newest).where(mayGo(spared));
  const { dropped } = await goes
    .where('waiting', '=', 1)
    .select(({ fn }) => fn.countAll().as('dropped'))
    .executeTakeFirstOrThrow();
  await tables.deleteFrom('history').where('at_ms', '<=', newest).where(mayGo(spared)).execute();
  await tables
    .updateTable('history_totals')
    .set((total) => ({
      untrimmed: 0,
      dropped: total('dropped', '+', Number(dropped)),
      horizon_ms: sql<number>`case when horizon_ms < ${newest} then ${newest} else horizon_ms end`,
    }))
    .execute();
  return Number(dropped);
}

/** What waits from this `seq` on is spared. */
async function firstSpared(tables: Kysely<CatalogTables>, atMost: number): Promise<number> {
  const row = await tables
    .selectFrom('history')
    .select('seq')
    .where(sql<boolean>`waiting = 1`)
    .orderBy('seq', 'desc')
    .offset(atMost - 1)
    .limit(1)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

const mayGo = (spared: number) => sql<boolean>`(waiting = 0 or seq < ${spared})`;

/**
 * From when on age is counted. A clock that is set years ahead for a while must not empty history: neither it nor what was noted by it counts, as long as that is no
 * more than what comes between two looks.
 */
async function presentMs(tables: Kysely<CatalogTables>, untrimmed: number, nowMs: number): Promise<number> {
  const row = await tables
    .selectFrom('history')
    .select('at_ms')
    .orderBy('at_ms', 'desc')
    .offset(untrimmed)
    .limit(1)
    .executeTakeFirst();
  return Math.min(nowMs, row?.at_ms ?? 0);
}

/** The time of the newest record that is beyond the bounds and may go. */
async function newestThatGoes(
  tables: Kysely<CatalogTables>,
  { records }: HistoryLimits,
  spared: number,
  oldestMs: number,
): Promise<number | undefined> {
  const { total } = await tables
    .selectFrom('history')
    .select(({ fn }) => fn.countAll().as('total'))
    .executeTakeFirstOrThrow();
  const mayGoOldestFirst = tables.selectFrom('history').select('at_ms').where(mayGo(spared));
  const [byAge, byNumber] = [
    await mayGoOldestFirst.where('at_ms', '<', oldestMs).orderBy('at_ms', 'desc').limit(1).executeTakeFirst(),
    Number(total) <= records
      ? undefined
      : await mayGoOldestFirst
          .orderBy('at_ms')
          .offset(Number(total) - records - 1)
          .limit(1)
          .executeTakeFirst(),
  ];
  const times = [byAge, byNumber].flatMap((row) => (row === undefined ? [] : [row.at_ms]));
  return times.length === 0 ? undefined : Math.max(...times);
}
