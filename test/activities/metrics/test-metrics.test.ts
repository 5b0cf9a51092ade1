import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testMetrics } from '../../../src/activities/metrics/test-metrics.js';
import { freePort } from '../../../src/providers/network/free-port.js';
import { form1, form2, type InfluxForm } from '../../support/influx-forms.js';
import { startInfluxDb1 } from '../../support/influxdb1.js';
import { startInfluxDb2 } from '../../support/influxdb2.js';
import { type MetricsBench, startMetricsBench } from './metrics-bench.js';

let forms: Readonly<Record<'1.x' | '2.x', InfluxForm>>;
let bench: MetricsBench | undefined;
beforeAll(async () => {
  forms = { '1.x': form1(await startInfluxDb1()), '2.x': form2(await startInfluxDb2()) };
});
afterAll(async () => {
  for (const { server } of Object.values(forms)) await server.stop();
});
afterEach(() => bench?.stop());

/** `answer ok, version ok, login failed, …` and what is said of those that failed. */
async function examine(mapping: Readonly<Record<string, unknown>>) {
  bench = startMetricsBench(mapping);
  const result = await testMetrics(bench.providers, bench.control, { configPath: bench.configPath });
  expect(JSON.stringify(result)).not.toMatch(/canary/);
  for (const { status, action } of result.checks) expect(action === undefined).toBe(status !== 'failed');
  const failed = result.checks.filter(({ status }) => status === 'failed').map(({ detail }) => detail);
  return {
    ...result,
    words: result.checks.map(({ name, status }) => `${name} ${status}`).join(', '),
    said: failed.join('\n'),
  };
}

describe.each([['1.x'], ['2.x']] as const)('InfluxDB %s', (version) => {
  const other = version === '1.x' ? '2.x' : '1.x';

  test('all works', async () => {
    const { words, configured, version: answered, address } = await examine(forms[version].mapping());
    expect(words).toBe('answer ok, version ok, login ok, database ok, write ok, read ok');
    expect(configured).toBe(version);
    expect(answered).toMatch(version === '1.x' ? /^1\./ : /^v?2\./);
    expect(address).toBe(`http://127.0.0.1:${forms[version].server.port}`);
  });

  test('a wrong token or password', async () => {
    const { words, said } = await examine(forms[version].mapping('wrong'));
    expect(words).toBe(
      'answer ok, version ok, login failed, database not reached, write not reached, read not reached',
    );
    expect(said).toMatch(version === '1.x' ? /password is wrong/ : /token is wrong/);
  });

  test('a database or bucket that there is not', async () => {
    const { words, said } = await examine(forms[version].mapping('both', 'nowhere'));
    expect(words).toBe('answer ok, version ok, login ok, database failed, write not reached, read not reached');
    expect(said).toContain('nowhere');
  });

  test('one that may be read only', async () => {
    const { words } = await examine(forms[version].mapping('reader'));
    expect(words).toBe('answer ok, version ok, login ok, database ok, write failed, read ok');
  });

  test('one that may be written only', async () => {
    const { words } = await examine(forms[version].mapping('writer'));
    expect(words).toBe('answer ok, version ok, login ok, database ok, write ok, read failed');
  });

  test('the form of the other version', async () => {
    const { port } = forms[other].server;
    const { words, said } = await examine({ ...forms[version].mapping(), port });
    expect(words).toBe(
      'answer ok, version failed, login not reached, database not reached, write not reached, read not reached',
    );
    expect(said).toContain(`the form for ${version}`);
  });

  test('nobody there', async () => {
    const { words, said } = await examine({ ...forms[version].mapping(), port: await freePort() });
    expect(words).toBe(
      'answer failed, version not reached, login not reached, database not reached, write not reached, read not reached',
    );
    expect(said).toContain('ECONNREFUSED');
  });

  test('TLS where it speaks none', async () => {
    const { words } = await examine({ ...forms[version].mapping(), ssl: true });
    expect(words).toContain('answer failed');
  });

  test('one that answers too slowly', async () => {
    const { server } = forms[version];
    await server.pause();
    try {
      const { words, said } = await examine({ ...forms[version].mapping(), timeout: '1s' });
      expect(words).toContain('answer failed, version not reached');
      expect(said).toContain('no whole answer within 1 s');
    } finally {
      server.resume();
    }
  });
});

test('a 1.x of which the administrator sees that the database is not there', async () => {
  const { server } = forms['1.x'];
  const admin = { host: '127.0.0.1', port: server.port, username: 'admin', password: `admin's "pass" word:1` };
  const { words, said } = await examine({ ...admin, database: 'nowhere' });
  expect(words).toBe('answer ok, version ok, login ok, database failed, write not reached, read not reached');
  expect(said).toContain('CREATE DATABASE "nowhere"');
});

test('a configuration without a database is told so', async () => {
  bench = startMetricsBench({ host: 'h', database: 'd' });
  bench.useDatabase(undefined);
  await expect(testMetrics(bench.providers, bench.control, { configPath: bench.configPath })).rejects.toMatchObject({
    type: 'MetricsNotConfigured',
  });
});

test('a secret that cannot be read is named', async () => {
  bench = startMetricsBench({ host: 'h', token: { file: '/nowhere/token' }, organization: 'o', bucket: 'b' });
  await expect(testMetrics(bench.providers, bench.control, { configPath: bench.configPath })).rejects.toMatchObject({
    type: 'SecretUnavailable',
  });
});
