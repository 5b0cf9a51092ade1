import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FailureType } from '../../src/core/failures.js';
import type { Influx1Plan, InfluxPlan } from '../../src/core/metrics/plan.js';
import { startInfluxDb1 } from '../support/influxdb1.js';
import type { TestInfluxDb1 } from '../support/influxdb1.js';
import { failing, metricsDatabaseContract, open, pointAt, rowsOf, signal } from './metrics-database.js';

describe('InfluxDB 1.x', () => {
  metricsDatabaseContract(() => startInfluxDb1());
});

describe('an InfluxDB 1.x', () => {
  let server: TestInfluxDb1;
  beforeAll(async () => {
    server = await startInfluxDb1();
  });
  afterAll(() => server?.stop());

  const as = (user: keyof TestInfluxDb1['users'], settings: Partial<Influx1Plan> = {}): Influx1Plan => {
    const { username, password } = server.users[user];
    return server.plan({ username, password: { text: password }, ...settings });
  };
  const ask = async (plan: InfluxPlan, what: 'write' | 'query') => {
    const database = await open(plan);
    return what === 'write' ? database.write([pointAt('x', 0)], signal) : database.query('SELECT * FROM x', signal);
  };

  test('says its version', async () => {
    expect(await (await open(server.plan())).version(signal)).toMatch(/^1\.\d+/);
  });

  test('keeps what is written in the retention policy that is named', async () => {
    const named = await open(server.plan({ retentionPolicy: server.retentionPolicy }));
    await named.write([pointAt('kept', 0)], signal);
    expect(await rowsOf(named, 'kept')).toHaveLength(1);
    expect(await rowsOf(await open(server.plan()), 'kept')).toHaveLength(0);
  });

  test('names points that are older than the retention policy keeps them', async () => {
    const short = await open(server.plan({ retentionPolicy: server.shortPolicy }));
    const now = { ...pointAt('short', 0), timeMs: Date.now() };
    expect(await short.write([pointAt('short', 0), now], signal)).toEqual([
      { index: 0, reason: expect.stringContaining('points beyond retention policy') as string },
    ]);
    expect(await rowsOf(short, 'short')).toHaveLength(1);
  });

  const PLANS: readonly [what: string, plan: () => InfluxPlan, write: Answer, query: Answer][] = [
    [
      'a wrong password',
      () => server.plan({ password: { text: 'wrong' } }),
      ['MetricsDenied', /username backup_user or its password is wrong: authorization failed \(HTTP 401\)/],
      ['MetricsDenied', /username backup_user or its password is wrong/],
    ],
    [
      'no username',
      () => {
        const { username: _username, password: _password, ...plan } = server.plan();
        return plan;
      },
      ['MetricsDenied', /asks for a username and password/],
      ['MetricsDenied', /asks for a username and password/],
    ],
    [
      'a user who may only read',
      () => as('reader'),
      ['MetricsDenied', /not authorized to write.*GRANT ALL ON "backup_metrics" TO "reader"/],
      'well',
    ],
    ['a user who may only write', () => as('writer'), 'well', ['MetricsDenied', /requires READ on backup_metrics/]],
    [
      'a user who may do nothing',
      () => as('stranger'),
      ['MetricsDenied', /not authorized/],
      ['MetricsDenied', /not authorized/],
    ],
    [
      'a database that there is not',
      () => as('admin', { database: 'nope' }),
      ['MetricsNotFound', /database not found: "nope"; make it: CREATE DATABASE "nope"/],
      ['MetricsNotFound', /database not found: nope; make it: CREATE DATABASE "nope"/],
    ],
    [
      'a database that there is not, as a user without privileges there',
      () => as('both', { database: 'nope' }),
      ['MetricsNotFound', /database not found: "nope"/],
      ['MetricsDenied', /or there is no such database/],
    ],
    [
      'a retention policy that there is not',
      () => server.plan({ retentionPolicy: 'nope' }),
      ['MetricsNotFound', /CREATE RETENTION POLICY "nope" ON "backup_metrics"/],
      ['MetricsNotFound', /CREATE RETENTION POLICY "nope" ON "backup_metrics"/],
    ],
    [
      'the form for 2.x',
      () => ({
        version: 2,
        url: server.url,
        timeoutMs: 5_000,
        organization: 'home',
        bucket: 'backup',
        token: { text: 't' },
      }),
      ['MetricsVersion', /is InfluxDB 1\..* the form for 2\.x/],
      ['MetricsVersion', /is InfluxDB 1\..* the form for 2\.x/],
    ],
  ];
  type Answer = 'well' | readonly [FailureType, RegExp];

  test.each(PLANS)('with %s says so', async (_, plan, write, query) => {
    for (const [what, answer] of [['write', write] as const, ['query', query] as const]) {
      if (answer === 'well') await ask(plan(), what);
      else await expect(ask(plan(), what), what).rejects.toMatchObject(failing(...answer));
    }
  });
});
