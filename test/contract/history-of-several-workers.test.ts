import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseCatalog } from '../../src/providers/catalog/database-catalog.js';
import { type FreshCatalogs, freshDatabases } from '../support/fresh-catalogs.js';
import { NOON, proofRecord, sourceRecord } from '../support/noted-records.js';

const CONFIG = '/etc/holdfast/config.yaml';
const HERE = { configPath: CONFIG, send: true };
const WORKERS = 4;
const NOTINGS = 60;

let databases: FreshCatalogs;
beforeAll(async () => {
  databases = await freshDatabases();
});
afterAll(() => databases.stop());

async function withWorkers(
  count: number,
  test: (workers: readonly DatabaseCatalog[], url: string) => Promise<void>,
): Promise<void> {
  const url = await databases.place();
  // All at once: they also make the tables at once.
  const workers = await Promise.all(Array.from({ length: count }, () => databases.open(url)));
  try {
    await test(workers, url);
  } finally {
    for (const worker of workers) await worker.close();
  }
}

test('several workers that note of the same sources lose nothing, and who sends meanwhile gets all once, in order', async () => {
  await withWorkers(WORKERS + 1, async ([sender, ...workers]) => {
    let noting = true;
    const send = async (): Promise<number[]> => {
      const sent: number[] = [];
      for (let last = false; !last; ) {
        last = !noting;
        const waiting = (await sender?.history.waiting(CONFIG, 50)) ?? [];
        await sender?.history.sent(waiting.map(({ seq }) => seq));
        sent.push(...waiting.map(({ seq }) => seq));
        if (waiting.length > 0) last = false;
      }
      return sent;
    };
    const work = workers.map(async ({ history }, worker) => {
      for (let number = 0; number < NOTINGS; number += 1) {
        const ofBoth = ['www', 'etc'].map((source) =>
          sourceRecord({ id: `${worker}/${number}/${source}`, atMs: NOON + number, source }),
        );
        // In an order of its own, as two runs would.
        await history.note(worker % 2 === 0 ? ofBoth : ofBoth.toReversed(), HERE);
        // What all of them note is one record.
        await history.note([proofRecord({ id: `proof/${number}`, atMs: NOON + number })], HERE);
      }
    });
    const [sent] = await Promise.all([send(), Promise.all(work).finally(() => (noting = false))]);
    expect(sent).toHaveLength(WORKERS * NOTINGS * 2 + NOTINGS);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    expect(new Set(sent).size).toBe(sent.length);
    const states = await sender?.history.states();
    expect(states?.map(({ ended }) => ended.ok)).toEqual([WORKERS * NOTINGS, WORKERS * NOTINGS]);
    expect(states?.[1]).toMatchObject({ source: 'www', lastProof: { atMs: NOON + NOTINGS - 1 } });
  });
});

test('a noting that is committed late is not skipped: those after it are not seen before it', async () => {
  await withWorkers(2, async ([one, sender], url) => {
    const late = new pg.Client({ connectionString: url });
    await late.connect();
    await late.query('BEGIN');
    await late.query('UPDATE history_totals SET untrimmed = untrimmed + 1');
    await late.query(
      "INSERT INTO history (id, at_ms, kind, config, details, waiting) VALUES ('late', 1, 'host', $1, '{\"id\":\"late\"}', 1)",
      [CONFIG],
    );
    const noted = one?.history.note([sourceRecord({ id: 'next' })], HERE);
    const waitsForItsTurn = async (): Promise<number> => {
      const { rowCount } = await late.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
      return rowCount ?? 0;
    };
    await expect.poll(waitsForItsTurn).toBe(1);
    expect(await sender?.history.waiting(CONFIG, 9)).toEqual([]);
    await late.query('COMMIT');
    await late.end();
    await noted;
    const waiting = await sender?.history.waiting(CONFIG, 9);
    expect(waiting?.map(({ record }) => record.id)).toEqual(['late', 'next']);
  });
});
