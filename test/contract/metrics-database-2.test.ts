import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FailureType } from '../../src/core/failures.js';
import type { InfluxPlan } from '../../src/core/metrics/plan.js';
import { startInfluxDb2 } from '../support/influxdb2.js';
import type { TestInfluxDb2 } from '../support/influxdb2.js';
import { failing, metricsDatabaseContract, open, pointAt, rowsOf, signal } from './metrics-database.js';

describe('InfluxDB 2.x', () => {
  metricsDatabaseContract(() => startInfluxDb2());
});

describe('an InfluxDB 2.x', () => {
  let server: TestInfluxDb2;
  beforeAll(async () => {
    server = await startInfluxDb2();
  });
  afterAll(() => server?.stop());

  const as = (token: keyof TestInfluxDb2['tokens'], settings = {}): InfluxPlan =>
    server.plan({ token: { text: server.tokens[token] }, ...settings });
  const ask = async (plan: InfluxPlan, what: 'write' | 'query') => {
    const database = await open(plan);
    return what === 'write' ? database.write([pointAt('x', 0)], signal) : database.query('SELECT * FROM x', signal);
  };

  test('says its version', async () => {
    expect(await (await open(server.plan())).version(signal)).toMatch(/^v2\.7\.\d+$/);
  });

  test('names points that are older than the bucket keeps them', async () => {
    const short = await open(as('shortBoth', { bucket: server.shortBucket }));
    const now = { ...pointAt('short', 0), timeMs: Date.now() };
    expect(await short.write([pointAt('short', 0), now], signal)).toEqual([
      { index: 0, reason: expect.stringMatching(/outside retention policy of duration 1h/) as string },
    ]);
    expect(await rowsOf(short, 'short')).toHaveLength(1);
  });

  test('answers InfluxQL for any bucket without a mapping of ours, and for one with a slash in its name', async () => {
    const { orgs } = (await server.api('GET', '/api/v2/orgs')) as { orgs: [{ id: string }] };
    for (const name of ['site one/backups, b=c', 'ünï & co']) {
      await server.api('POST', '/api/v2/buckets', { orgID: orgs[0].id, name });
      const bucket = await open(as('operator', { bucket: name }));
      await bucket.write([pointAt('x', 0)], signal);
      expect(await rowsOf(bucket, 'x'), name).toHaveLength(1);
    }
  });

  type Answer = 'well' | readonly [FailureType, RegExp];
  const PLANS: readonly [what: string, plan: () => InfluxPlan, write: Answer, query: Answer][] = [
    [
      'a wrong token',
      () => server.plan({ token: { text: 'wrong' } }),
      ['MetricsDenied', /the token is wrong, deleted or inactive: unauthorized access \(HTTP 401\)/],
      ['MetricsDenied', /the token is wrong, deleted or inactive/],
    ],
    [
      'a token that was deleted',
      () => as('deleted'),
      ['MetricsDenied', /the token is wrong, deleted or inactive/],
      ['MetricsDenied', /the token is wrong, deleted or inactive/],
    ],
    [
      'a token that was made inactive',
      () => as('inactive'),
      ['MetricsDenied', /token is inactive/],
      ['MetricsDenied', /the token is wrong, deleted or inactive/],
    ],
    [
      'a token that may only read',
      () => as('reader'),
      [
        'MetricsDenied',
        /insufficient permissions for write; the token needs permission to read and write the bucket backup/,
      ],
      'well',
    ],
    [
      'a token that may only write',
      () => as('writer'),
      'well',
      ['MetricsDenied', /the token may not read the bucket backup$/],
    ],
    [
      'a token for another bucket',
      () => as('shortBoth'),
      ['MetricsDenied', /insufficient permissions for write/],
      ['MetricsDenied', /the token may not read the bucket backup$/],
    ],
    [
      'a bucket that there is not',
      () => server.plan({ bucket: 'nope' }),
      ['MetricsNotFound', /bucket "nope" not found; make it: influx bucket create --org 'home' --name 'nope'/],
      ['MetricsNotFound', /bucket "nope" not found; make it: influx bucket create --org 'home' --name 'nope'/],
    ],
    [
      'an organization that there is not',
      () => server.plan({ organization: 'nope' }),
      ['MetricsNotFound', /organization name "nope" not found/],
      'well',
    ],
    [
      'the form for 1.x',
      () => ({
        version: 1,
        url: server.url,
        timeoutMs: 5_000,
        database: 'backup',
        username: 'operator',
        password: { text: 'a-password-of-the-tests' },
      }),
      ['MetricsVersion', /is InfluxDB v2\.7\..* the form for 1\.x/],
      ['MetricsVersion', /is InfluxDB v2\.7\..* the form for 1\.x/],
    ],
  ];

  test.each(PLANS)('with %s says so', async (_, plan, write, query) => {
    for (const [what, answer] of [['write', write] as const, ['query', query] as const]) {
      if (answer === 'well') await ask(plan(), what);
      else await expect(ask(plan(), what), what).rejects.toMatchObject(failing(...answer));
    }
  });
});
