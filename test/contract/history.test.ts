import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HistoryRecord, SourcePlace } from '../../src/core/history/records.js';
import type { SourceState } from '../../src/core/history/source-state.js';
import type { Catalog } from '../../src/providers/catalog/catalog.js';
import { type History, HISTORY_LIMITS, type HistoryLimits } from '../../src/providers/catalog/history.js';
import { type FreshCatalogs, freshDatabases, freshFiles } from '../support/fresh-catalogs.js';
import {
  DAY,
  destinationRecord,
  HOUR,
  hostRecord,
  NOON,
  notings,
  proofRecord,
  sizeRecord,
  sourceRecord,
} from '../support/noted-records.js';
import { statesFromScratch } from '../support/history-oracle.js';

const HERE = { configPath: '/etc/holdfast/config.yaml', send: true } as const;
const ids = (records: readonly HistoryRecord[]): string[] => records.map(({ id }) => id);

const KINDS: readonly (readonly [name: string, start: () => Promise<FreshCatalogs>])[] = [
  ['a file', freshFiles],
  ['PostgreSQL', freshDatabases],
];

describe.each(KINDS)('history in %s', (_name, start) => {
  let catalogs: FreshCatalogs;
  const opened: Catalog[] = [];
  beforeAll(async () => {
    catalogs = await start();
  });
  afterEach(async () => {
    for (const catalog of opened.splice(0)) await catalog.close();
  });
  afterAll(() => catalogs.stop());

  const openAt = async (place: string, limits?: HistoryLimits): Promise<History> => {
    const catalog = await catalogs.open(place, limits);
    opened.push(catalog);
    return catalog.history;
  };
  const fresh = async (limits?: HistoryLimits): Promise<History> => openAt(await catalogs.place(), limits);
  const waitingIds = async (history: History, configPath: string = HERE.configPath): Promise<string[]> =>
    ids((await history.waiting(configPath, 1_000)).map(({ record }) => record));
  const all = (history: History): Promise<HistoryRecord[]> => history.records({ sinceMs: 0, limit: 10_000 });

  test('gives records back as they were, newest first, by time, kind and host, also when it is opened again', async () => {
    const place = await catalogs.place();
    const history = await openAt(place);
    const [early, late] = [sourceRecord({ atMs: NOON - 2 * HOUR }), sourceRecord({ host: 'web2' })];
    const [host, proof, filling] = [
      hostRecord(),
      proofRecord({ atMs: NOON + 1 }),
      destinationRecord({ atMs: NOON + 2 }),
    ];
    expect(await history.note([late, early, host, proof, filling], HERE)).toEqual({ added: 5, dropped: 0 });
    for (const one of [history, await openAt(place)]) {
      expect(await all(one)).toEqual([filling, proof, host, late, early]);
      const ofSources = { sinceMs: 0, limit: 9, kinds: ['source', 'proof'] } as const;
      expect(await one.records(ofSources)).toEqual([proof, late, early]);
      expect(await one.records({ ...ofSources, sinceMs: NOON - HOUR, untilMs: NOON })).toEqual([late]);
      expect(await one.records({ ...ofSources, host: 'web1' })).toEqual([proof, early]);
      expect(await one.records({ ...ofSources, host: "x' or '1'='1" })).toEqual([]);
      expect(await one.records({ sinceMs: 0, limit: 1 })).toEqual([filling]);
    }
  });

  test('the same record is kept, counted and sent once, in one noting and in another; the first one counts', async () => {
    const history = await fresh();
    const record = sourceRecord({ status: 'failed' });
    expect(await history.note([record, { ...record, status: 'ok' }], HERE)).toMatchObject({ added: 1 });
    expect(await history.note([{ ...record, status: 'ok' }], HERE)).toMatchObject({ added: 0 });
    const [waiting] = await history.waiting(HERE.configPath, 9);
    await history.sent([waiting?.seq ?? 0]);
    await history.note([record], HERE);
    expect(await all(history)).toEqual([record]);
    expect(await waitingIds(history)).toEqual([]);
    expect(await history.states()).toMatchObject([{ last: { status: 'failed' }, ended: { ok: 0, failed: 1 } }]);
  });

  test('what waits for one configuration’s database is nothing to another’s; what is not to be sent never waits', async () => {
    const history = await fresh();
    const there = { configPath: '/home/me/other.yaml', send: true };
    await history.note([sourceRecord({ id: 'here-1' })], HERE);
    await history.note([sourceRecord({ id: 'there-1' })], there);
    await history.note([sourceRecord({ id: 'silent' })], { ...HERE, send: false });
    await history.note([sourceRecord({ id: 'here-2' })], HERE);
    expect(await waitingIds(history)).toEqual(['here-1', 'here-2']);
    expect(await waitingIds(history, there.configPath)).toEqual(['there-1']);
    expect(await history.waiting(HERE.configPath, 1)).toHaveLength(1);
    expect([await history.countWaiting(HERE.configPath), await history.countWaiting('/none')]).toEqual([2, 0]);
  });

  test('what was sent or refused waits no more, until it is to be sent again', async () => {
    const history = await fresh();
    const records = [3, 2, 1, 0].map((hours) => sourceRecord({ id: `at-${hours}`, atMs: NOON - hours * HOUR }));
    await history.note(records, HERE);
    await history.note([sourceRecord({ id: 'there' })], { configPath: '/home/me/other.yaml', send: false });
    const [first, second] = await history.waiting(HERE.configPath, 9);
    await history.sent([first?.seq ?? 0]);
    await history.refused(second?.seq ?? 0, 'field type conflict\0');
    expect(await waitingIds(history)).toEqual(['at-1', 'at-0']);
    expect(await history.sendAgain(HERE.configPath, NOON - 2 * HOUR)).toBe(1);
    expect(await waitingIds(history)).toEqual(['at-2', 'at-1', 'at-0']);
    expect(await history.sendAgain(HERE.configPath, 0)).toBe(1);
    expect(await waitingIds(history)).toEqual(['at-3', 'at-2', 'at-1', 'at-0']);
    expect(await history.sendAgain(HERE.configPath, 0)).toBe(0);
  });

  test('thousands of records are noted, sent and marked again at once', async () => {
    const history = await fresh();
    const records = Array.from({ length: 12_000 }, (_, at) => hostRecord({ id: `${at}`, atMs: NOON + at }));
    expect(await history.note(records, HERE)).toEqual({ added: 12_000, dropped: 0 });
    const waiting = await history.waiting(HERE.configPath, 20_000);
    expect(ids(waiting.map(({ record }) => record))).toEqual(ids(records));
    await history.sent(waiting.map(({ seq }) => seq));
    expect(await history.countWaiting(HERE.configPath)).toBe(0);
    expect(await history.sendAgain(HERE.configPath, NOON + 500)).toBe(11_500);
    expect(await history.countWaiting(HERE.configPath)).toBe(11_500);
  });

  test('states of sources are those of the whole set, in whatever order and how often its records are noted', async () => {
    await fc.assert(
      fc.asyncProperty(notings, async ({ records, portions }) => {
        const history = await fresh();
        for (const portion of portions) await history.note(portion, HERE);
        expect((await all(history)).length).toBe(records.length);
        const { states, destinations, sizes } = statesFromScratch(records);
        expect((await history.states()).map(withoutEarlier)).toEqual(states);
        expect(await history.destinations()).toEqual(destinations);
        expect(await history.sizes()).toEqual(sizes);
        for (const { last } of await history.states()) expectTrue(last, records);
        for (const catalog of opened.splice(0)) await catalog.close();
      }),
      { numRuns: 15 },
    );
  });

  test('a failure says when the last backup before it was made', async () => {
    const history = await fresh();
    await history.note([sourceRecord({ status: 'failed', atMs: NOON - 9 * HOUR, id: 'first' })], HERE);
    await history.note(
      [
        sourceRecord({ status: 'failed', atMs: NOON, id: 'third' }),
        sourceRecord({ status: 'warning', atMs: NOON - HOUR, id: 'second' }),
      ],
      HERE,
    );
    const told = (await all(history)).map((record) => [
      record.id,
      'lastSuccessAtMs' in record && record.lastSuccessAtMs,
    ]);
    expect(told).toEqual([
      ['third', NOON - HOUR],
      ['second', false],
      ['first', false],
    ]);
    expect(await history.states()).toMatchObject([{ firstSuccessAtMs: NOON - HOUR, last: { id: 'third' } }]);
  });

  test('a record from a clock that was ahead gives way to the next one, however much older it is', async () => {
    const history = await fresh();
    const now = Date.now();
    await history.note([sourceRecord({ atMs: now + 365 * DAY, id: 'ahead' })], HERE);
    expect(await history.states()).toMatchObject([{ last: { id: 'ahead' } }]);
    await history.note([sourceRecord({ atMs: now, id: 'right' })], HERE);
    await history.note([sourceRecord({ atMs: now - DAY, id: 'older' })], HERE);
    expect(await history.states()).toMatchObject([{ last: { id: 'right' }, ended: { ok: 3 } }]);
  });

  test('is noted whole or not at all', async () => {
    const history = await fresh();
    const impossible = hostRecord({ errors: 1n as unknown as number });
    await expect(history.note([sourceRecord(), destinationRecord(), impossible], HERE)).rejects.toThrow();
    expect([await all(history), await history.states(), await history.destinations()]).toEqual([[], [], []]);
    expect(await history.countWaiting(HERE.configPath)).toBe(0);
  });

  test('states of some hosts and sizes of some sources are what all have of them, and no other’s', async () => {
    const history = await fresh();
    const places = ['web1', 'web1.example', 'web2'].flatMap((host) =>
      ['www', 'www/data'].flatMap((source) => ['vault', 'other'].map((destination) => ({ host, source, destination }))),
    );
    const kinds = ['mirror', 'snapshot', 'archive'] as const;
    await history.note(
      places.flatMap((place, at) => [
        sourceRecord({ ...place, id: `source/${at}` }),
        ...kinds.map((of) => sizeRecord({ ...place, id: `size/${at}/${of}`, of })),
      ]),
      HERE,
    );
    const [states, sizes] = [await history.states(), await history.sizes()];
    expect([states.length, sizes.length]).toEqual([12, 36]);
    expect(await history.states(['web2', 'none', 'web1'])).toEqual(
      states.filter(({ host }) => host !== 'web1.example'),
    );
    expect(await history.states(["x' or '1'='1"])).toEqual([]);
    const some = places.filter((_, at) => at % 3 === 0);
    const isOfThem = (size: SourcePlace): boolean =>
      some.some((one) => (['host', 'source', 'destination'] as const).every((name) => one[name] === size[name]));
    const none = { host: 'web1', source: 'none', destination: 'vault' };
    expect(await history.sizes([none, ...some.toReversed()])).toEqual(sizes.filter(isOfThem));
    expect(await history.sizes([none])).toEqual([]);
  });

  describe('within its bounds', () => {
    const LIMITS: HistoryLimits = { ...HISTORY_LIMITS, records: 5, waiting: 3, trimEvery: 1 };
    const at = (hour: number, id = `at-${hour}`): HistoryRecord => sourceRecord({ id, atMs: NOON + hour * HOUR });
    const silent = { ...HERE, send: false };

    test('the oldest go, the states of their sources stay, and what went is not counted once more', async () => {
      const history = await fresh(LIMITS);
      for (const hour of [4, 1, 2, 8, 3, 5, 7, 6]) await history.note([at(hour)], silent);
      expect(ids(await all(history))).toEqual(['at-8', 'at-7', 'at-6', 'at-5', 'at-4']);
      expect(await history.note([at(2), at(3), at(8)], silent)).toEqual({ added: 0, dropped: 0 });
      expect(await history.states()).toMatchObject([{ last: { id: 'at-8' }, ended: { ok: 8 } }]);
    });

    test('what waits stays beyond them, the newest of it, and it is counted what had to go', async () => {
      const history = await fresh(LIMITS);
      for (const hour of [1, 2, 3, 4]) await history.note([at(hour)], HERE);
      expect(await history.countDropped()).toBe(0);
      for (const hour of [5, 6, 7, 8]) await history.note([at(hour)], silent);
      // One that waited and three that did not have gone.
      expect(await waitingIds(history)).toEqual(['at-2', 'at-3', 'at-4']);
      expect(await history.countDropped()).toBe(1);
      expect(ids(await all(history))).toEqual(['at-8', 'at-7', 'at-4', 'at-3', 'at-2']);
      const results = [];
      for (const hour of [9, 10, 11, 12]) results.push((await history.note([at(hour)], HERE)).dropped);
      expect(results).toEqual([1, 1, 1, 0]);
      expect(await history.countDropped()).toBe(4);
      expect(await waitingIds(history)).toEqual(['at-9', 'at-10', 'at-11', 'at-12']);
      expect((await history.states())[0]?.ended.ok).toBe(12);
    });

    test('a clock that is years ahead for a while, with all that is noted then, empties nothing', async () => {
      const history = await fresh({ ...LIMITS, records: 100, days: 1, trimEvery: 3 });
      const clock = vi.spyOn(Date, 'now').mockReturnValue(NOON + 8 * HOUR);
      for (const hour of [1, 2, 3, 4]) await history.note([at(hour)], silent);
      clock.mockReturnValue(NOON + 1_500 * DAY);
      for (const hour of [35_998, 35_999]) await history.note([at(hour, `ahead-${hour}`)], silent);
      clock.mockReturnValue(NOON + 8 * HOUR);
      for (const hour of [5, 6, 7]) await history.note([at(hour)], silent);
      clock.mockRestore();
      expect(ids(await all(history)).filter((id) => id.startsWith('at-'))).toEqual(
        [7, 6, 5, 4, 3, 2, 1].map((hour) => `at-${hour}`),
      );
    });

    test('what is older than they allow goes, counted from the newest record that was there before, whatever a clock says', async () => {
      const history = await fresh({ ...LIMITS, records: 100, days: 1 });
      await history.note([at(0), at(1, 'waits')], HERE);
      const [first] = await history.waiting(HERE.configPath, 1);
      await history.sent([first?.seq ?? 0]);
      await history.note([at(24)], silent);
      await history.note([at(30)], silent);
      expect(ids(await all(history))).toEqual(['at-30', 'at-24', 'waits', 'at-0']);
      await history.note([at(31)], silent);
      expect(ids(await all(history))).toEqual(['at-31', 'at-30', 'at-24', 'waits']);
      expect(await history.countDropped()).toBe(0);
    });

    test('they are seen to now and then, not each time', async () => {
      const history = await fresh({ ...LIMITS, trimEvery: 10 });
      for (let hour = 1; hour <= 9; hour += 1) await history.note([at(hour)], silent);
      expect(await all(history)).toHaveLength(9);
      await history.note([at(10)], silent);
      expect(await all(history)).toHaveLength(5);
      await history.note([at(11)], silent);
      expect(await all(history)).toHaveLength(6);
    });
  });
});

/** Depends on what history knew when it was noted. */
const withoutEarlier = ({ last, ...state }: SourceState) => {
  if (last === undefined) return state;
  const { lastSuccessAtMs: _, ...rest } = last;
  return { ...state, last: rest };
};

function expectTrue(last: SourceState['last'], records: readonly HistoryRecord[]): void {
  if (last?.lastSuccessAtMs === undefined) return;
  expect(last.lastSuccessAtMs).toBeLessThanOrEqual(last.atMs);
  expect(records).toContainEqual(
    expect.objectContaining({ host: last.host, source: last.source, kind: 'source', atMs: last.lastSuccessAtMs }),
  );
}
