import { afterEach, describe, expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import type { FailureType } from '../../../src/core/failures.js';
import type { InfluxPlan } from '../../../src/core/metrics/plan.js';
import type { MetricsDatabase } from '../../../src/providers/metrics/metrics-database.js';
import { openInfluxDb } from '../../../src/providers/metrics/open-influxdb.js';
import { readSecret } from '../../../src/providers/secrets/read-secret.js';
import { neverAborted } from '../../support/object-feed.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import type { ScriptedAnswer, ScriptedServer, SeenRequest } from '../../support/scripted-server.js';

const signal = neverAborted();
const POINT = { measurement: 'm', tags: { host: 'a' }, fields: { v: { int: 1 } }, timeMs: 1_000 } as const;

let server: ScriptedServer | undefined;
afterEach(() => server?.stop());

type Answers = (request: SeenRequest, response: ServerResponse) => ScriptedAnswer | void;

const PLANS = {
  '1.x': {
    version: '1.8.10',
    plan: (url: string, timeoutMs = 20_000): InfluxPlan => ({
      version: 1,
      url,
      timeoutMs,
      database: 'db',
      username: 'u',
      password: { text: 'p-secret' },
    }),
  },
  '2.x': {
    version: 'v2.7.12',
    plan: (url: string, timeoutMs = 20_000): InfluxPlan => ({
      version: 2,
      url,
      timeoutMs,
      organization: 'home',
      bucket: 'b',
      token: { text: 't-secret' },
    }),
  },
};

const JSON_TYPE = { 'content-type': 'application/json' };
const PAGE = { headers: { 'content-type': 'text/html' }, body: '<html><h1>Bad gateway</h1></html>' };

describe.each(['1.x', '2.x'] as const)('a database of the form for %s', (form) => {
  const { version, plan } = PLANS[form];
  const named = { 'x-influxdb-version': version };

  /** A server that answers /ping as InfluxDB does, all else as said. */
  const withAnswers = async (answers: Answers, timeoutMs?: number): Promise<MetricsDatabase> => {
    server = await startScriptedServer((request, response) =>
      request.url === '/ping' ? { status: 204, headers: named } : answers(request, response),
    );
    return openInfluxDb(plan(server.url, timeoutMs), readSecret);
  };
  const withoutPing = async (answers: Answers): Promise<MetricsDatabase> => {
    server = await startScriptedServer(answers);
    return openInfluxDb(plan(server.url), readSecret);
  };
  const requests = (): SeenRequest[] => server?.seen.filter(({ url }) => url !== '/ping') ?? [];

  test.each([
    [
      '500 with a reason',
      { status: 500, body: '{"error":"engine is closed"}', headers: JSON_TYPE },
      /engine is closed \(HTTP 500\)/,
    ],
    ['503 without one', { status: 503 }, /Service Unavailable \(HTTP 503\)/],
    ['the page of a proxy', { status: 502, ...PAGE }, /a web page \(HTTP 502\)/],
    ['429', { status: 429, headers: { 'retry-after': '30' } }, /asked too often, it says to come back in 30 s/],
    [
      'what the client takes for written',
      { status: 500, body: '{"error":"write: hinted handoff queue not empty"}', headers: JSON_TYPE },
      /hinted handoff queue not empty/,
    ],
  ] satisfies [string, ScriptedAnswer, RegExp][])('that answers %s is MetricsUnreachable', async (_, answer, words) => {
    const database = await withAnswers(() => answer);
    const failure = { type: 'MetricsUnreachable', message: expect.stringMatching(words) as string };
    await expect(database.write([POINT], signal)).rejects.toMatchObject(failure);
    await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject(failure);
    expect(requests()).toHaveLength(2);
  });

  test.each([
    ['hangs up', (response) => response.destroy(), /socket hang up|ECONNRESET/],
    [
      'breaks off',
      (response) => {
        response
          .writeHead(200, { ...JSON_TYPE, 'content-length': '1000' })
          .write('{"results":', () => response.destroy());
      },
      /cut off|aborted|ECONNRESET/,
    ],
  ] satisfies [string, (response: ServerResponse) => void, RegExp][])(
    'that %s is MetricsUnreachable',
    async (_, misbehave, words) => {
      const database = await withAnswers((_request, response) => void misbehave(response));
      const failure = { type: 'MetricsUnreachable', message: expect.stringMatching(words) as string };
      await expect(database.write([POINT], signal)).rejects.toMatchObject(failure);
      await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject(failure);
    },
  );

  test.each([
    ['says nothing', () => {}],
    [
      'never comes to the end',
      (response) => {
        response.writeHead(200, JSON_TYPE);
        const drip = setInterval(() => response.write(' '), 20);
        response.once('close', () => clearInterval(drip));
      },
    ],
  ] satisfies [string, (response: ServerResponse) => void][])(
    'that %s is MetricsUnreachable at the time limit',
    async (_, misbehave) => {
      const database = await withAnswers((_request, response) => misbehave(response), 400);
      const failure = {
        type: 'MetricsUnreachable',
        message: expect.stringMatching(/no whole answer within 0\.4 s/) as string,
      };
      await expect(database.write([POINT], signal)).rejects.toMatchObject(failure);
      await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject(failure);
    },
  );

  test.each([200, 201, 202])('that answers a write with %i has not said that it is written', async (status) => {
    const database = await withAnswers(() => ({ status, body: '{}', headers: JSON_TYPE }));
    const message = expect.stringMatching(`cannot write to .*HTTP ${status}`) as string;
    await expect(database.write([POINT], signal)).rejects.toMatchObject({ type: 'MetricsForeign', message });
  });

  test('that takes no large requests gets smaller ones; a point that is too large alone is named', async () => {
    const written: string[] = [];
    const database = await withAnswers(({ body }) => {
      if (body.length > 2_000) return { status: 413, ...PAGE };
      written.push(...body.split('\n'));
      return { status: 204 };
    });
    const points = Array.from({ length: 500 }, (_, index) => ({
      ...POINT,
      timeMs: index,
      ...(index === 77 ? { fields: { v: { text: 'x'.repeat(9_000) } } } : {}),
    }));
    expect(await database.write(points, signal)).toEqual([
      { index: 77, reason: 'too large for one request: a web page (HTTP 413)' },
    ]);
    expect(written).toEqual(
      points.filter(({ timeMs }) => timeMs !== 77).map(({ timeMs }) => `m,host=a v=1i ${timeMs}`),
    );
  });

  test('that takes no request, however small, is MetricsRefused, and no point is to blame', async () => {
    const database = await withAnswers(() => ({ status: 413, ...PAGE }));
    const points = Array.from({ length: 500 }, (_, timeMs) => ({ ...POINT, timeMs }));
    await expect(database.write(points, signal)).rejects.toMatchObject({
      type: 'MetricsRefused',
      message: expect.stringMatching(/no room for a point: a web page \(HTTP 413\)/) as string,
    });
    // Each half as large as the one before.
    expect(requests()).toHaveLength(9);
  });

  test('that refuses for a reason which no point can help blames none', async () => {
    const database = await withAnswers(() => ({
      status: 400,
      body: '{"error":"precision is not to my liking","code":"invalid"}',
      headers: { ...JSON_TYPE, ...named },
    }));
    await expect(database.write([POINT, { ...POINT, timeMs: 2 }], signal)).rejects.toMatchObject({
      type: 'MetricsRefused',
      message: expect.stringContaining('precision is not to my liking (HTTP 400)') as string,
    });
    expect(requests()).toHaveLength(1);
  });

  test('that fails in the middle of a refused batch fails the call', async () => {
    let count = 0;
    const database = await withAnswers(() => {
      count += 1;
      return count === 1 ? { status: 400, body: '{"error":"unable to parse"}', headers: JSON_TYPE } : { status: 503 };
    });
    await expect(database.write([POINT, POINT], signal)).rejects.toMatchObject({ type: 'MetricsUnreachable' });
  });

  test('is asked for its version once', async () => {
    const database = await withAnswers(() => ({ status: 204 }));
    for (let count = 0; count < 3; count += 1) await database.write([POINT], signal);
    expect(server?.seen.filter(({ url }) => url === '/ping')).toHaveLength(1);
  });

  test.each([
    ['a web server', { status: 200, ...PAGE }, 'MetricsForeign', /not as an InfluxDB does: it names no version/],
    ['a web server without such a page', { status: 404, ...PAGE }, 'MetricsForeign', /a web page \(HTTP 404\)/],
    ['another API', { status: 200, body: '{"pong":true}', headers: JSON_TYPE }, 'MetricsForeign', /names no version/],
    ['what sends elsewhere', { status: 301, headers: { location: '/elsewhere' } }, 'MetricsForeign', /HTTP 301/],
    ['a proxy that wants a login', { status: 401 }, 'MetricsDenied', /HTTP 401/],
    ['a proxy that finds nobody', { status: 502, ...PAGE }, 'MetricsUnreachable', /a web page \(HTTP 502\)/],
    [
      'a TLS server',
      { status: 400, body: 'Client sent an HTTP request to an HTTPS server.' },
      'MetricsUntrusted',
      /it speaks TLS: .*HTTPS server/,
    ],
    ['InfluxDB 3', { status: 200, headers: { 'x-influxdb-version': '3.1.0' } }, 'MetricsVersion', /InfluxDB 3\.1\.0/],
  ] satisfies [string, ScriptedAnswer, FailureType, RegExp][])(
    'where there is %s is told, and nothing is written',
    async (_, answer, type, words) => {
      const database = await withoutPing(() => answer);
      const failure = { type, message: expect.stringMatching(words) as string };
      await expect(database.version(signal)).rejects.toMatchObject(failure);
      await expect(database.write([POINT], signal)).rejects.toMatchObject(failure);
      await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject(failure);
      expect(requests()).toEqual([]);
    },
  );

  test('where something answers that is no HTTP is told', async () => {
    const database = await withoutPing((_, response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const failure = { type: 'MetricsForeign', message: expect.stringMatching(/it does not speak HTTP/) as string };
    await expect(database.version(signal)).rejects.toMatchObject(failure);
    await expect(database.write([POINT], signal)).rejects.toMatchObject(failure);
  });

  test('that asks for a login even to be pinged, or was built without a number, is one', async () => {
    for (const [status, said] of [
      [401, version],
      [204, 'unknown'],
    ] as const) {
      const database = await withoutPing(() => ({ status, headers: { 'x-influxdb-version': said } }));
      expect(await database.version(signal)).toBe(said);
      await server?.stop();
    }
  });

  test.each([
    ['no JSON', 'results', 'MetricsForeign', /its answer is no JSON/],
    ['no results', '{"data":[]}', 'MetricsForeign', /none of InfluxDB's/],
    ['only a part', '{"results":[{"series":[{"name":"m","partial":true}]}]}', 'MetricsRefused', /max-row-limit/],
    ['an error for one of two', '{"results":[{"series":[]},{"error":"timeout reached"}]}', 'MetricsRefused', /timeout/],
  ] satisfies [string, string, FailureType, RegExp][])(
    'whose answer to a query has %s is told',
    async (_, body, type, words) => {
      const database = await withAnswers(() => ({ status: 200, headers: JSON_TYPE, body }));
      await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject({
        type,
        message: expect.stringMatching(words) as string,
      });
    },
  );
});

test('a bucket of an old 2.x without a database mapping: the message says how to make it', async () => {
  server = await startScriptedServer(({ url }) => {
    const headers = { ...JSON_TYPE, 'x-influxdb-version': '2.0.9' };
    if (url === '/ping') return { status: 204, headers };
    if (url.startsWith('/query'))
      return { status: 200, headers, body: '{"results":[{"error":"database not found: b"}]}' };
    return { status: 200, headers, body: '{"buckets":[{"id":"0a1b"}]}' };
  });
  const database = await openInfluxDb(PLANS['2.x'].plan(server.url), readSecret);
  await expect(database.query('SELECT v FROM m', signal)).rejects.toMatchObject({
    type: 'MetricsNotFound',
    message: expect.stringContaining(
      "influx v1 dbrp create --org 'home' --bucket-id 0a1b --db 'b' --rp autogen --default",
    ) as string,
  });
});
