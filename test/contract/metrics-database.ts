import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FailureType } from '../../src/core/failures.js';
import type { InfluxPlan } from '../../src/core/metrics/plan.js';
import type { FieldValue, Point } from '../../src/core/metrics/points.js';
import { freePort } from '../../src/providers/network/free-port.js';
import type { MetricsDatabase } from '../../src/providers/metrics/metrics-database.js';
import { openInfluxDb } from '../../src/providers/metrics/open-influxdb.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import { neverAborted } from '../support/object-feed.js';

export interface DatabaseUnderTest {
  plan(settings?: Partial<Pick<InfluxPlan, 'url' | 'timeoutMs'>>): InfluxPlan;
  pause(): Promise<void>;
  resume(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Some day's noon: all points near it lie in one shard. */
export const NOON = Date.UTC(2026, 10, 18, 12);

export const signal = neverAborted();

export const open = (plan: InfluxPlan): Promise<MetricsDatabase> => openInfluxDb(plan, readSecret);

export const pointAt = (
  measurement: string,
  offsetMs: number,
  fields: Readonly<Record<string, FieldValue>> = { value: { int: offsetMs } },
  tags: Readonly<Record<string, string>> = { host: 'a' },
): Point => ({ measurement, tags, fields, timeMs: NOON + offsetMs });

/** Rows as objects, in the order of time. */
export async function rowsOf(database: MetricsDatabase, measurement: string): Promise<Record<string, unknown>[]> {
  const tables = await database.query(`SELECT * FROM "${measurement}"`, signal);
  return tables.flatMap(({ columns, rows }) =>
    rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
  );
}

export const failing = (type: FailureType, words: RegExp) => ({
  type,
  message: expect.stringMatching(words) as string,
});

const HOSTILE_TAGS = [
  'two words',
  ' lead and trail ',
  'a,b=c',
  '"quoted", \'too\'',
  'back\\slash',
  'C:\\dir\\, D:\\ =x',
  'a\\ b"',
  '=',
  '#comment',
  'ünï/日本語/🗄️',
  '%5C',
  '\\n',
  'x'.repeat(5_000),
];
const TEXTS = [
  '',
  '"',
  '\\',
  '\\\\"\\',
  'line\nline\r\n\ttab',
  "'",
  'a=1,b="2" 3',
  'ünï 日本語 🗄️',
  '#',
  'x'.repeat(20_000),
];
const FLOATS = [0, 1, -1.5, 0.1, 1e21, 5e-324, Number.MAX_VALUE, 1 / 3];
const INTEGERS = [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

/** What every MetricsDatabase must do. */
export function metricsDatabaseContract(start: () => Promise<DatabaseUnderTest>): void {
  let subject: DatabaseUnderTest;
  let database: MetricsDatabase;

  beforeAll(async () => {
    subject = await start();
    database = await open(subject.plan());
  });
  afterAll(async () => {
    await database?.close();
    await subject?.stop();
  });

  describe('what is written is read back exactly:', () => {
    test.each([
      ['texts', TEXTS.map((text) => ({ text }))],
      ['floats', FLOATS.map((float) => ({ float }))],
      ['integers', INTEGERS.map((int) => ({ int }))],
      ['flags', [{ flag: true }, { flag: false }]],
    ] satisfies [string, FieldValue[]][])('%s', async (kind, values) => {
      const points = values.map((value, index) => pointAt(`exact ${kind}`, index, { value }));
      expect(await database.write(points, signal)).toEqual([]);
      expect(await rowsOf(database, `exact ${kind}`)).toEqual(
        values.map((value, index) => ({ time: NOON + index, host: 'a', value: Object.values(value)[0] as unknown })),
      );
    });

    test('tags of any characters, all in one request', async () => {
      const points = HOSTILE_TAGS.map((host, index) => pointAt('tags', index, undefined, { host, source: host }));
      expect(await database.write(points, signal)).toEqual([]);
      expect(await rowsOf(database, 'tags')).toEqual(
        HOSTILE_TAGS.map((host, index) => ({ time: NOON + index, host, source: host, value: index })),
      );
    });

    test('but for what a tag cannot hold, which is written as in addresses, and an empty one, which is none', async () => {
      const tags = { end: 'C:\\dir\\', lines: 'a\nb\tc', empty: '', host: 'a' };
      await database.write([pointAt('written otherwise', 0, undefined, tags)], signal);
      expect(await rowsOf(database, 'written otherwise')).toEqual([
        { time: NOON, end: 'C:\\dir%5C', lines: 'a%0Ab%09c', host: 'a', value: 0 },
      ]);
    });

    test('times of any year that there can be, to the millisecond', async () => {
      const times = [Date.UTC(1971, 0, 1, 0, 0, 0, 7), Date.UTC(2026, 11, 31, 23, 59, 59, 999), Date.UTC(2200, 0, 1)];
      await database.write(
        times.map((timeMs) => ({ ...pointAt('times', 0), timeMs })),
        signal,
      );
      expect((await rowsOf(database, 'times')).map(({ time }) => time)).toEqual(times);
    });

    test('random points, in batches', async () => {
      let batches = 0;
      const characters = fc.string({ unit: fc.constantFrom(...'ab,= "\'\\#%\n\t/é🗄', 'n'), maxLength: 8 });
      const text = fc.oneof(characters, fc.string({ unit: 'grapheme', maxLength: 20 }));
      const point = fc.record({
        host: text,
        source: text,
        int: fc.maxSafeInteger(),
        float: fc.double({ noDefaultInfinity: true, noNaN: true }),
        text: fc.oneof(text, fc.string({ unit: 'binary', maxLength: 20 })),
        flag: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(point, { minLength: 1, maxLength: 60 }), async (drawn) => {
          const measurement = `random ${(batches += 1)}`;
          const points = drawn.map(({ host, source, int, float, text, flag }, index) =>
            pointAt(measurement, index, { i: { int }, f: { float }, t: { text }, b: { flag } }, { host, source }),
          );
          expect(await database.write(points, signal)).toEqual([]);
          const rows = await rowsOf(database, measurement);
          expect(rows.map(({ host, source, ...row }) => ({ host: host ?? '', source: source ?? '', ...row }))).toEqual(
            drawn.map(({ host, source, int, float, text, flag }, index) => ({
              time: NOON + index,
              host: asTag(host),
              source: asTag(source),
              i: int,
              f: float === 0 ? 0 : float,
              t: text,
              b: flag,
            })),
          );
        }),
        { numRuns: 60 },
      );
    });
  });

  test('a point that is written again is one point, with what was written last', async () => {
    const point = pointAt('twice', 0, { a: { int: 1 }, b: { text: 'first' } });
    await database.write([point, point], signal);
    await database.write([point], signal);
    await database.write([{ ...point, fields: { b: { text: 'second' } } }], signal);
    expect(await rowsOf(database, 'twice')).toEqual([{ time: NOON, host: 'a', a: 1, b: 'second' }]);
  });

  test('nothing to write is written without a word', async () => {
    expect(await database.write([], signal)).toEqual([]);
  });

  test('12,001 points in one call, and 100 one by one', async () => {
    const many = Array.from({ length: 12_001 }, (_, index) => pointAt('many', index));
    expect(await database.write(many, signal)).toEqual([]);
    for (const [index] of many.slice(0, 100).entries()) await database.write([pointAt('single', index)], signal);

    const [count] = await database.query('SELECT count(value), sum(value) FROM many', signal);
    expect(count?.rows).toEqual([[0, 12_001, (12_000 * 12_001) / 2]]);
    expect(await rowsOf(database, 'single')).toHaveLength(100);
  });

  describe('points that cannot be written', () => {
    test('for a field of another type are named, all others are written', async () => {
      const measurement = 'conflict';
      await database.write([pointAt(measurement, -1, { value: { int: 1 } })], signal);
      const bad = [0, 1, 4_999, 5_000, 6_001];
      const points = Array.from({ length: 6_002 }, (_, index) =>
        pointAt(measurement, index, { value: bad.includes(index) ? { text: 'x' } : { int: 1 } }),
      );
      const refused = await database.write(points, signal);
      expect(refused.map(({ index }) => index)).toEqual(bad);
      for (const { reason } of refused) expect(reason).toMatch(/field type conflict/);
      const [count] = await database.query(`SELECT count(value) FROM ${measurement}`, signal);
      expect(count?.rows).toEqual([[0, 6_003 - bad.length]]);
    });

    test('are named in every week that they fall into, as the database keeps weeks apart', async () => {
      const weekMs = 7 * 24 * 60 * 60 * 1_000;
      const weeks = [0, 1, 2, 3].map((week) => -week * weekMs);
      await database.write(
        weeks.map((offsetMs) => pointAt('weeks', offsetMs, { value: { int: 1 } })),
        signal,
      );
      const points = Array.from({ length: 400 }, (_, index) =>
        pointAt('weeks', (weeks[index % 4] ?? 0) + index + 1, { value: index % 37 === 0 ? { text: 'x' } : { int: 1 } }),
      );
      const bad = points.flatMap(({ fields }, index) => (fields['value'] && 'text' in fields['value'] ? [index] : []));
      expect((await database.write(points, signal)).map(({ index }) => index)).toEqual(bad);
      const [count] = await database.query('SELECT count(value) FROM weeks', signal);
      expect(count?.rows).toEqual([[0, weeks.length + points.length - bad.length]]);
    });

    test('that hold the words of a refusal hide no others', async () => {
      const words = (count: number) => `database not found: partial write: field type conflict dropped=${count}`;
      const points = [0, 1, 2].map((index) =>
        pointAt('words', index, { value: { text: words(3 - index) } }, { host: words(3) }),
      );
      const outside = { ...pointAt('words', 0, { value: { text: words(4) } }, { host: words(4) }), timeMs: 2 ** 50 };
      expect((await database.write([...points, outside], signal)).map(({ index }) => index)).toEqual([3]);
      expect(await rowsOf(database, 'words')).toHaveLength(3);
    });

    test('are all named when none can be', async () => {
      await database.write([pointAt('all', 0, { value: { flag: true } })], signal);
      const refused = await database.write(
        Array.from({ length: 300 }, (_, index) => pointAt('all', index + 1)),
        signal,
      );
      expect(refused.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, index) => index));
    });

    test('as the line protocol cannot say them, or the database has no room for them, are named with the reason', async () => {
      const fields = (value: FieldValue) => ({ value, good: { int: 1 } });
      const refused = await database.write(
        [
          pointAt('unsayable', 0, fields({ float: Number.NaN })),
          pointAt('unsayable', 1, fields({ float: Number.NEGATIVE_INFINITY })),
          pointAt('unsayable', 2, fields({ int: 1.5 })),
          pointAt('unsayable', 3, fields({ int: 2 ** 53 })),
          pointAt('unsayable', 4, {}),
          pointAt('', 5),
          pointAt('unsayable', Number.NaN),
          { ...pointAt('unsayable', 0), timeMs: 9_223_372_036_855 },
          pointAt('unsayable', 8, undefined, { host: 'x'.repeat(70_000) }),
          pointAt('unsayable', 9, fields({ float: 0.5 })),
        ],
        signal,
      );
      expect(refused).toEqual([
        { index: 0, reason: 'its field value is NaN, which is no number' },
        { index: 1, reason: 'its field value is -Infinity, which is no number' },
        { index: 2, reason: 'its field value is 1.5, which is no exact whole number' },
        { index: 3, reason: 'its field value is 9007199254740992, which is no exact whole number' },
        { index: 4, reason: 'it has no measurement, or no fields' },
        { index: 5, reason: 'it has no measurement, or no fields' },
        { index: 6, reason: 'its time is NaN' },
        { index: 7, reason: expect.stringContaining('time outside range') as string },
        { index: 8, reason: expect.stringContaining('max key length exceeded') as string },
      ]);
      expect(await rowsOf(database, 'unsayable')).toEqual([{ time: NOON + 9, host: 'a', value: 0.5, good: 1 }]);
    });
  });

  describe('a query', () => {
    test('of what there is not is empty', async () => {
      expect(await database.query('SELECT * FROM "not there"', signal)).toEqual([]);
    });

    test('gives a table for each group of tags, times in milliseconds', async () => {
      await database.write(
        ['b', 'c'].map((host, index) => pointAt('grouped', index, undefined, { host })),
        signal,
      );
      expect(await database.query('SELECT last(value) AS v FROM grouped GROUP BY host', signal)).toEqual([
        { name: 'grouped', tags: { host: 'b' }, columns: ['time', 'v'], rows: [[NOON, 0]] },
        { name: 'grouped', tags: { host: 'c' }, columns: ['time', 'v'], rows: [[NOON + 1, 1]] },
      ]);
    });

    test('that is none is MetricsRefused, with what the database says', async () => {
      await expect(database.query('SELEC 1', signal)).rejects.toMatchObject(
        failing('MetricsRefused', /^cannot query http.*pars(e|ing) query: found SELEC/),
      );
    });
  });

  describe('a server', () => {
    test.each(['127.0.0.1', 'localhost'])(
      'that is not there, on %s, is MetricsUnreachable for every call',
      async (host) => {
        const closed = await open(subject.plan({ url: `http://${host}:${await freePort()}` }));
        const refused = failing('MetricsUnreachable', /ECONNREFUSED/);
        await expect(closed.version(signal)).rejects.toMatchObject(refused);
        await expect(closed.write([pointAt('x', 0)], signal)).rejects.toMatchObject(refused);
        await expect(closed.query('SELECT * FROM x', signal)).rejects.toMatchObject(refused);
      },
    );

    test('whose name is none is MetricsUnreachable', async () => {
      const nameless = await open(subject.plan({ url: 'http://influx.holdfast.invalid:8086' }));
      await expect(nameless.version(signal)).rejects.toMatchObject(
        failing('MetricsUnreachable', /(ENOTFOUND|EAI_AGAIN) influx\.holdfast\.invalid/),
      );
    });

    test('that answers too slowly is MetricsUnreachable; the same call is well when it is quick again', async () => {
      const hurried = await open(subject.plan({ timeoutMs: 300 }));
      const slow = failing('MetricsUnreachable', /no whole answer within 0\.3 s/);
      await subject.pause();
      try {
        await expect(hurried.version(signal)).rejects.toMatchObject(slow);
        await expect(hurried.write([pointAt('slow', 0)], signal)).rejects.toMatchObject(slow);
        await expect(hurried.query('SELECT * FROM slow', signal)).rejects.toMatchObject(slow);
      } finally {
        subject.resume();
      }
      await database.write([pointAt('slow', 0)], signal);
      expect(await rowsOf(database, 'slow')).toHaveLength(1);
    });

    test('is not waited for when nobody wants the answer any more', async () => {
      await expect(database.version(AbortSignal.abort())).rejects.toMatchObject({ type: 'Cancelled' });
      await subject.pause();
      try {
        const cancelled = new AbortController();
        const asking = database.query('SELECT * FROM x', cancelled.signal);
        cancelled.abort();
        await expect(asking).rejects.toMatchObject({ type: 'Cancelled' });
      } finally {
        subject.resume();
      }
    });

    test('that is killed in the middle has all that was said to be written, and takes the rest when it is back', async () => {
      const points = Array.from({ length: 40 }, (_, index) => pointAt('killed', index));
      for (const point of points.slice(0, 20)) await database.write([point], signal);
      await subject.kill();
      await expect(database.write(points.slice(20), signal)).rejects.toMatchObject({ type: 'MetricsUnreachable' });
      await subject.restart();
      await database.write(points.slice(20), signal);
      expect(await rowsOf(database, 'killed')).toHaveLength(40);
    });
  });
}

/** As an InfluxDB tag can hold it. */
const asTag = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]|\\$/g, (character) => encodeURIComponent(character).replace('%C2', ''));
