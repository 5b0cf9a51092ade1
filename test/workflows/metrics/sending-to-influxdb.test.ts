import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FailureType } from '../../../src/core/failures.js';
import { openCatalogs } from '../../../src/providers/catalog/open-catalogs.js';
import { form1, form2, type InfluxForm } from '../../support/influx-forms.js';
import { type InfluxProxy, type Passage, startInfluxProxy } from '../../support/influx-proxy.js';
import { startInfluxDb1 } from '../../support/influxdb1.js';
import { startInfluxDb2 } from '../../support/influxdb2.js';
import { sourceRecord } from '../../support/noted-records.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';
import { type MetricsBench, startMetricsBench } from '../../activities/metrics/metrics-bench.js';
import { IN_TIME, type SendingBench, startSending } from './sending-bench.js';

/** Points that wait in a real catalog, the Workflow that sends them on a real worker, and a real database that does not take them yet. */
interface RealInflux extends InfluxForm {
  /** Of somebody who may do all; a database or bucket that is not there before `make`. */
  readonly anotherPlace: { readonly mapping: Readonly<Record<string, unknown>>; make(): Promise<unknown> };
}
const ANOTHER = 'made_later';

async function real1(): Promise<RealInflux> {
  const server = await startInfluxDb1();
  const form = form1(server);
  const mapping = { ...form.mapping('both', ANOTHER), ...server.users.admin };
  return { ...form, anotherPlace: { mapping, make: () => server.admin(`CREATE DATABASE "${ANOTHER}"`) } };
}

async function real2(): Promise<RealInflux> {
  const server = await startInfluxDb2();
  const form = form2(server);
  const mapping = { ...form.mapping('both', ANOTHER), token: server.tokens.operator };
  const make = async (): Promise<unknown> => {
    const { orgs } = (await server.api('GET', '/api/v2/orgs')) as { orgs: readonly { readonly id: string }[] };
    return server.api('POST', '/api/v2/buckets', { orgID: orgs[0]?.id, name: ANOTHER, retentionRules: [] });
  };
  return { ...form, anotherPlace: { mapping, make } };
}

let temporal: TemporalForTests;
let real: Readonly<Record<'1.x' | '2.x', RealInflux>>;
beforeAll(async () => {
  temporal = await startTemporal();
  real = { '1.x': await real1(), '2.x': await real2() };
});
afterAll(async () => {
  for (const { server } of Object.values(real)) await server.stop();
  await temporal.stop();
});

/** Of three batches. */
const MANY = 1_100;
const SOME = 30;
const NOW = Date.now() - 60_000;
const PAGE = { headers: { 'content-type': 'text/html' }, body: '<html><h1>Back soon</h1></html>' };
const CLOSED = { headers: { 'content-type': 'application/json' }, body: '{"error":"engine is closed"}' };

/** What passes by itself. */
const TROUBLES: readonly (readonly [passage: Passage, reason: RegExp])[] = [
  [{ status: 500, ...CLOSED }, /engine is closed \(HTTP 500\)/],
  [{ status: 502, ...PAGE }, /a web page \(HTTP 502\)/],
  [{ status: 429, headers: { 'retry-after': '7' } }, /asked too often, it says to come back in 7 s/],
];

/** What somebody has to see to: to which requests it is the answer, and as what the Workflow ends. */
const MISTAKES = [
  ['a page where an InfluxDB should be', 'ping', { status: 200, ...PAGE }, 'MetricsForeign', /names no version/],
  ['what is no HTTP', 'ping', 'garbage', 'MetricsForeign', /it does not speak HTTP/],
  ['a page after a write', 'write?', { status: 200, ...PAGE }, 'MetricsForeign', /HTTP 200/],
  ['a part of a write', 'write?', { status: 201 }, 'MetricsForeign', /no word that all is written/],
  ['no room for even one point', 'write?', { status: 413, ...PAGE }, 'MetricsRefused', /no room for a point/],
] satisfies readonly [string, string, Passage, FailureType, RegExp][];

describe.each(['1.x', '2.x'] as const)('InfluxDB %s', (version) => {
  let bench: MetricsBench;
  let proxy: InfluxProxy;
  let noted: string[];

  const throughProxy = (mapping = real[version].mapping()) => ({ ...mapping, port: proxy.port });
  /** The later one is noted, the earlier it ended: the order of times is not that of notes. */
  const recordsOf = (host: string, count: number) => {
    const records = Array.from({ length: count }, (_, at) => {
      const number = noted.length + at;
      return sourceRecord({ host, atMs: NOW - number, totalSizeBytes: 1, runId: `${host}-${number}` });
    });
    noted.push(...records.map(({ runId }) => runId));
    return records;
  };
  const note = (host: string, count: number) => bench.note(recordsOf(host, count));
  const arrived = (): string[] =>
    proxy.taken('backup_source').map((line) => /run_id="([^"]+)"/.exec(line)?.[1] ?? `no run in ${line}`);
  const untilAllIsSent = () => expect.poll(() => bench.waiting(), IN_TIME).toBe(0);
  const pointsOf = async (host: string): Promise<unknown> =>
    (await bench.query(`SELECT count("run_id") FROM "backup_source" WHERE "host" = '${host}'`))[0]?.['count'];
  const decideOnWrites = (passage: Passage): void => {
    proxy.decide = ({ url }) => (url.includes('write?') ? passage : 'through');
  };

  beforeEach(async () => {
    proxy = await startInfluxProxy(real[version].server.port);
    noted = [];
  });
  afterEach(() => proxy.stop());

  describe('a worker that goes on', () => {
    let sending: SendingBench;
    beforeAll(async () => {
      bench = startMetricsBench(real[version].mapping());
      sending = await startSending(temporal, bench.providers, bench.configPath);
    });
    afterAll(async () => {
      await sending.stop();
      bench.stop();
    });
    beforeEach(() => bench.useDatabase(throughProxy()));
    afterEach(async () => {
      if ((await sending.status()) === 'RUNNING') await sending.sender.terminate();
    });

    test('a database or bucket that is not there ends it with what to do; once it is made, all goes in order, once', async () => {
      const { anotherPlace } = real[version];
      bench.useDatabase(throughProxy(anotherPlace.mapping));
      await note('unplaced', MANY);
      await sending.poke();
      const { type, message } = await sending.ended();
      expect(type).toBe('MetricsNotFound');
      expect(message).toMatch(/create.*made_later.*`holdfast metrics test`/i);
      expect(await bench.waiting()).toBe(MANY);

      await anotherPlace.make();
      await note('unplaced', 3);
      await sending.poke();
      await untilAllIsSent();
      expect(arrived()).toEqual(noted);
      expect(await pointsOf('unplaced')).toBe(MANY + 3);
    });

    test('the form for the other version ends it with what to do; once it is corrected, all is sent', async () => {
      const other = version === '1.x' ? '2.x' : '1.x';
      bench.useDatabase(throughProxy(real[other].mapping()));
      await note('misnamed', SOME);
      await sending.poke();
      const { type, message } = await sending.ended();
      expect(type).toBe('MetricsVersion');
      expect(message).toMatch(/is InfluxDB .* form for \d\.x .* for 1\.x database, username and password/);
      expect([await bench.waiting(), arrived()]).toEqual([SOME, []]);

      bench.useDatabase(throughProxy());
      await sending.poke();
      await untilAllIsSent();
      expect(arrived()).toEqual(noted);
      expect(await pointsOf('misnamed')).toBe(SOME);
    });

    test('one that says nothing, or not that it wrote, is named in time, tried again unasked, and has nothing twice', async () => {
      bench.useDatabase({ ...throughProxy(), timeout: '1s' });
      await note('slow', SOME);
      proxy.decide = () => 'unanswered';
      await sending.poke();
      await sending.failedWith('MetricsUnreachable', /cannot ask the version of .*no whole answer within 1 s/);
      decideOnWrites('unanswered');
      await sending.failedWith('MetricsUnreachable', /cannot write to .*no whole answer within 1 s/);
      await expect.poll(() => arrived().slice(0, SOME), IN_TIME).toEqual(noted);
      expect([await bench.waiting(), await sending.status()]).toEqual([SOME, 'RUNNING']);

      decideOnWrites('through');
      await sending.poke();
      await untilAllIsSent();
      expect(arrived().slice(-SOME)).toEqual(noted);
      expect(await pointsOf('slow')).toBe(SOME);
    });

    test('one that answers with anything else for a while: each is named, and the same execution sends all in the end', async () => {
      await note('troubled', SOME);
      const executions = new Set<string>();
      for (const [passage, words] of TROUBLES) {
        decideOnWrites(passage);
        await sending.poke();
        await sending.failedWith('MetricsUnreachable', words);
        expect([await bench.waiting(), arrived()]).toEqual([SOME, []]);
        executions.add((await sending.sender.describe()).runId);
      }
      decideOnWrites('through');
      await sending.poke();
      await untilAllIsSent();
      expect(arrived()).toEqual(noted);
      expect(await pointsOf('troubled')).toBe(SOME);
      expect([...executions]).toEqual([(await sending.sender.describe()).runId]);
    });

    test.each(MISTAKES)(
      'what answers with %s: it ends with what to do, and what waits goes with the next word',
      async (name, where, answer, type, words) => {
        await note(name, SOME);
        proxy.decide = ({ url }) => (url.includes(where) ? answer : 'through');
        await sending.poke();
        expect(await sending.ended()).toMatchObject({ type, message: expect.stringMatching(words) as string });
        expect([await bench.waiting(), arrived()]).toEqual([SOME, []]);

        decideOnWrites('through');
        await sending.poke();
        await untilAllIsSent();
        expect(arrived()).toEqual(noted);
        expect(await pointsOf(name)).toBe(SOME);
      },
    );

    test('a proxy that takes small requests only gets small ones, in order', async () => {
      proxy.decide = ({ body }) => (body.length > 9_000 ? { status: 413, ...PAGE } : 'through');
      await note('narrow', 100);
      await sending.poke();
      await untilAllIsSent();
      expect(proxy.troubled()).toBeGreaterThan(0);
      expect(arrived()).toEqual(noted);
      expect(await pointsOf('narrow')).toBe(100);
    });
  });

  test('database down, then worker and catalog closed: what was noted before and after arrives in that order', async () => {
    const { server } = real[version];
    bench = startMetricsBench(throughProxy());
    const { configPath, directory, providers } = bench;
    await server.kill();
    await note('restarted', MANY);
    const first = await startSending(temporal, providers, configPath);
    await first.poke();
    await first.failedWith('MetricsUnreachable', /cannot ask the version of/);
    await first.stop();

    const onReplaced = (_aside: string, reason: string): void => expect.fail(reason);
    const catalogs = openCatalogs({ directory, readSecret: async () => '', onReplaced });
    const records = recordsOf('restarted', SOME);
    await catalogs.use(undefined, ({ history }) => history.note(records, { configPath, send: true }));
    await server.restart();
    const second = await startSending(temporal, { ...providers, catalogs }, configPath);
    await untilAllIsSent();
    expect(arrived()).toEqual(noted);
    expect(await pointsOf('restarted')).toBe(MANY + SOME);
    await second.sender.terminate();
    await second.stop();
    bench.stop();
  });
});
