import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { backfillMetrics } from '../../../src/activities/metrics/backfill-metrics.js';
import { queryMetrics } from '../../../src/activities/metrics/query-metrics.js';
import { sendMetrics } from '../../../src/activities/metrics/send-metrics.js';
import type { Point } from '../../../src/core/metrics/points.js';
import type { MetricsDatabase } from '../../../src/providers/metrics/metrics-database.js';
import { form1, form2, type InfluxForm } from '../../support/influx-forms.js';
import { startInfluxDb1 } from '../../support/influxdb1.js';
import { startInfluxDb2 } from '../../support/influxdb2.js';
import { destinationRecord, hostRecord, proofRecord, sizeRecord, sourceRecord } from '../../support/noted-records.js';
import { type MetricsBench, startMetricsBench } from './metrics-bench.js';

/** A minute ago and before: what is asked of the last hours finds it. */
const NOW = Date.now() - 60_000;
const sources = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    sourceRecord({ atMs: NOW - at * 1_000, host: `host${at % 7}`, destination: 'backup_base' }),
  );

describe.each([
  ['1.x', async (): Promise<InfluxForm> => form1(await startInfluxDb1())],
  ['2.x', async (): Promise<InfluxForm> => form2(await startInfluxDb2())],
])('InfluxDB %s', (_, start) => {
  let influx: InfluxForm;
  let bench: MetricsBench;
  beforeAll(async () => {
    influx = await start();
  });
  afterAll(() => influx.server.stop());
  beforeEach(() => {
    bench = startMetricsBench(influx.mapping());
  });
  afterEach(() => bench.stop());

  const count = async (measurement: string): Promise<number> => {
    const [row] = await bench.query(`SELECT count(*) FROM "${measurement}" WHERE time > 0`);
    return Math.max(0, ...Object.entries(row ?? {}).map(([name, value]) => (name === 'time' ? 0 : Number(value))));
  };

  test('everything that waits is a point, once, however often it is sent; then the state of the fleet', async () => {
    const records = [
      ...sources(1_200),
      hostRecord({ atMs: NOW }),
      sizeRecord({ atMs: NOW }),
      proofRecord({ atMs: NOW }),
      destinationRecord({ atMs: NOW }),
    ];
    await bench.note(records);
    expect(await bench.send()).toEqual({ configured: true, sent: records.length, refused: 0, left: 0 });
    expect(await bench.waiting()).toBe(0);
    expect(await count('backup_source')).toBe(1_200);
    for (const one of ['host', 'size', 'proof', 'destination']) expect(await count(`backup_${one}`)).toBe(1);
    expect(
      await bench.query('SELECT last("status"), "unprotected" FROM "backup_state" WHERE "host" = \'web1\''),
    ).toEqual([expect.objectContaining({ last: 'none', unprotected: 1 })]);
    expect(await bench.query('SELECT last("waiting"), "sources" FROM "backup_fleet"')).toEqual([
      expect.objectContaining({ last: 0, sources: 1 }),
    ]);

    const again = { configPath: bench.configPath, sinceMs: NOW - 86_400_000 };
    expect(await backfillMetrics(bench.providers, bench.control, again)).toEqual({ marked: records.length });
    expect(bench.pokes).toEqual([`now ${bench.configPath}`]);
    expect(await bench.send(false)).toMatchObject({ sent: records.length, left: 0 });
    expect(await count('backup_source')).toBe(1_200);
  });

  test('a point is what its record says, in the types of the table', async () => {
    const record = sourceRecord({ atMs: NOW - 7, host: 'typed', level: 2, status: 'warning', warnings: 3 });
    await bench.note([record]);
    await bench.send(false);
    const [row] = await bench.query('SELECT * FROM "backup_source" WHERE "host" = \'typed\'');
    expect(row).toMatchObject({
      time: NOW - 7,
      host: 'typed',
      source: 'www',
      destination: 'vault',
      engine: 'mirror',
      status: 'warning',
      status_numeric: 0.5,
      level: 2,
      warning_count: 3,
      duration_seconds: 60,
      run_id: record.runId,
    });
  });

  test('a database that was killed: nothing is taken for sent, and all of it is there once it is back', async () => {
    const before = await count('backup_source');
    await influx.server.kill();
    const records = sources(30).map((record, at) => ({ ...record, host: 'killed', atMs: NOW - at }));
    await bench.note(records);
    await expect(bench.send()).rejects.toMatchObject({ type: 'MetricsUnreachable' });
    expect(await bench.waiting()).toBe(30);
    await influx.server.restart();
    expect(await bench.send()).toMatchObject({ sent: 30, left: 0 });
    expect(await count('backup_source')).toBe(before + 30);
  });

  test('records that the database refuses for what they are stand aside, all others go on', async () => {
    const [bad] = [sourceRecord({ atMs: NOW - 1, host: 'refused', totalSizeBytes: 2 ** 60 })];
    const good = sources(5).map((record, at) => ({ ...record, host: 'beside', atMs: NOW - at }));
    await bench.note([...good.slice(0, 2), bad, ...good.slice(2)]);
    expect(await bench.send(false)).toEqual({ configured: true, sent: 5, refused: 1, left: 0 });
    expect(bench.said).toEqual([expect.stringContaining('refused records for what they are')]);
    expect(await bench.query('SELECT count("exit_code") FROM "backup_source" WHERE "host" = \'beside\'')).toEqual([
      expect.objectContaining({ count: 5 }),
    ]);
    expect(await bench.send(false)).toMatchObject({ sent: 0, refused: 0 });
  });

  test('a wrong login is named, and the corrected one sends what waits', async () => {
    bench.useDatabase(influx.mapping('wrong'));
    await bench.note([sourceRecord({ atMs: NOW - 3, host: 'corrected' })]);
    const error: unknown = await bench.send().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ type: 'MetricsDenied' });
    expect(String(error)).not.toContain('canary');
    bench.useDatabase(influx.mapping());
    expect(await bench.send()).toMatchObject({ sent: 1, left: 0 });
  });

  test('what the database has is read page by page, newest first, of one host or of all', async () => {
    await bench.note(Array.from({ length: 100 }, (_, at) => sourceRecord({ atMs: NOW + at, host: "o'paged" })));
    await bench.send(false);
    const ask = (after?: { untilMs: number; offset: number }) =>
      queryMetrics(bench.providers, bench.control, {
        configPath: bench.configPath,
        hours: 1,
        host: "o'paged",
        ...(after === undefined ? {} : { after }),
      });
    const first = await ask();
    expect(first.rows).toHaveLength(80);
    expect(first.rows[0]).toMatchObject({
      time: new Date(NOW + 99).toISOString(),
      values: { host: "o'paged", status: 'ok' },
    });
    const second = await ask(first.next);
    expect(second.rows).toHaveLength(20);
    expect(second.next).toBeUndefined();
    const times = [...first.rows, ...second.rows].map(({ time }) => Date.parse(time));
    expect(times).toEqual(Array.from({ length: 100 }, (_, at) => NOW + 99 - at));
  });
});

describe('without a server', () => {
  let bench: MetricsBench;
  beforeEach(() => {
    bench = startMetricsBench({ host: 'nowhere.invalid', database: 'd' });
  });
  afterEach(() => bench.stop());

  test('a configuration without a database has nothing to send', async () => {
    bench.useDatabase(undefined);
    await bench.note([sourceRecord()]);
    expect(await bench.send()).toEqual({ configured: false, sent: 0, refused: 0, left: 0 });
    const asked = { configPath: bench.configPath, sinceMs: 0 };
    await expect(backfillMetrics(bench.providers, bench.control, asked)).rejects.toMatchObject({
      type: 'MetricsNotConfigured',
    });
  });

  test('a file of its own that is not there is named', async () => {
    const file = join(bench.directory, 'influxdb.yaml');
    rmSync(bench.configPath);
    writeFileSync(
      bench.configPath,
      `config: {backup_base: ${bench.directory}}\nhosts: {h: {paths: [{path: /x}]}}\nmetrics: {influxdb: ${file}}`,
    );
    await expect(bench.send()).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining(file) as string,
    });
  });

  test('it is sent in batches, oldest first, and stops after a while with what is left', async () => {
    const written: number[] = [];
    let clock = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => clock);
    const database: MetricsDatabase = {
      address: 'http://slow',
      version: async () => '2.7',
      write: async (points: readonly Point[]) => {
        written.push(...points.map(({ timeMs }) => timeMs));
        clock += 15_000;
        return [];
      },
      query: async () => [],
      close: async () => undefined,
    };
    try {
      await bench.note(sources(1_700));
      const providers = { catalogs: bench.providers.catalogs, openMetrics: async () => database };
      const input = { configPath: bench.configPath, state: true };
      const send = () => sendMetrics(providers as unknown as MetricsBench['providers'], bench.control, input);
      expect(await send()).toEqual({ configured: true, sent: 1_000, refused: 0, left: 700 });
      expect(await send()).toMatchObject({ sent: 700, left: 0 });
      expect(written.slice(0, 1_700)).toEqual(sources(1_700).map(({ atMs }) => atMs));
    } finally {
      vi.restoreAllMocks();
    }
  });
});
