import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { InfluxPlan } from '../../../src/core/metrics/plan.js';
import { freePort } from '../../../src/providers/network/free-port.js';
import { openInfluxDb } from '../../../src/providers/metrics/open-influxdb.js';
import { readSecret } from '../../../src/providers/secrets/read-secret.js';
import { startInfluxDb1 } from '../../support/influxdb1.js';
import { startInfluxDb2 } from '../../support/influxdb2.js';
import { neverAborted } from '../../support/object-feed.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import type { ScriptedAnswer } from '../../support/scripted-server.js';
import { makeTlsFiles } from '../../support/tls-files.js';

const signal = neverAborted();
const POINT = { measurement: 'm', tags: { host: 'a' }, fields: { v: { int: 1 } }, timeMs: 1_000 } as const;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-open-influx-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.each([
  ['1.x', startInfluxDb1],
  ['2.x', startInfluxDb2],
] as const)('an InfluxDB %s over TLS', (_, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start({ tls: true });
  });
  afterAll(() => server?.stop());

  const rejected = async (plan: InfluxPlan) => {
    const database = await openInfluxDb(plan, readSecret);
    return expect(database.write([POINT], signal)).rejects;
  };

  test('is written to and asked where the file of CAs holds the one that signed its certificate', async () => {
    const database = await openInfluxDb(server.plan(), readSecret);
    expect(await database.write([POINT], signal)).toEqual([]);
    expect(await database.query('SELECT v FROM m', signal)).toMatchObject([{ rows: [[1_000, 1]] }]);
  });

  test('whose CA is not known here is MetricsUntrusted', async () => {
    const { caFile, ...plan } = server.plan();
    expect(caFile).toBeDefined();
    await (await rejected(plan)).toMatchObject({
      type: 'MetricsUntrusted',
      message: expect.stringMatching(/TLS: .*certificate/) as string,
    });
  });

  test('whose certificate was signed by another CA is MetricsUntrusted', async () => {
    const other = await mkdtemp(join(directory, 'other-'));
    const { caFile } = await makeTlsFiles(other);
    await (await rejected(server.plan({ caFile }))).toMatchObject({ type: 'MetricsUntrusted' });
  });

  test('whose certificate is for another name is MetricsUntrusted', async () => {
    await (await rejected(server.plan({ url: `https://localhost:${server.port}` }))).toMatchObject({
      type: 'MetricsUntrusted',
      message: expect.stringMatching(/altnames/) as string,
    });
  });

  test('that is called without TLS is told', async () => {
    await (await rejected(server.plan({ url: `http://127.0.0.1:${server.port}` }))).toMatchObject({
      type: 'MetricsUntrusted',
      message: expect.stringContaining('HTTPS server') as string,
    });
  });
});

test('a server without TLS that is called with it is told', async () => {
  const server = await startScriptedServer(() => ({ status: 204 }));
  const plan: InfluxPlan = { version: 1, url: server.url.replace('http:', 'https:'), timeoutMs: 5_000, database: 'x' };
  const database = await openInfluxDb(plan, readSecret);
  await expect(database.version(signal)).rejects.toMatchObject({
    type: 'MetricsUntrusted',
    message: expect.stringContaining('it speaks no TLS') as string,
  });
  await server.stop();
});

describe('secrets', () => {
  const url = 'http://127.0.0.1:1';
  const one = { version: 1, url, timeoutMs: 500, database: 'x', username: 'u' } as const;
  const two = { version: 2, url, timeoutMs: 500, organization: 'o', bucket: 'b' } as const;
  const SECRET = 'a-secret/with+signs==';

  test('are read as the plan says: from the environment, from a file, or as they stand', async () => {
    vi.stubEnv('HOLDFAST_TEST_INFLUX', SECRET);
    await writeFile(join(directory, 'secret'), `${SECRET}\n`, { mode: 0o600 });
    const server = await startScriptedServer(() => ({ status: 204, headers: { 'x-influxdb-version': 'test' } }));
    for (const secret of [{ env: 'HOLDFAST_TEST_INFLUX' }, { file: join(directory, 'secret') }, { text: SECRET }]) {
      await (await openInfluxDb({ ...one, url: server.url, password: secret }, readSecret)).version(signal);
      await (await openInfluxDb({ ...two, url: server.url, token: secret }, readSecret)).version(signal);
    }
    await (await openInfluxDb({ ...one, url: server.url }, readSecret)).version(signal);
    const { username: _username, ...anonymous } = one;
    await (await openInfluxDb({ ...anonymous, url: server.url }, readSecret)).version(signal);

    const basic = `Basic ${Buffer.from(`u:${SECRET}`).toString('base64')}`;
    const pair = [basic, `Token ${SECRET}`];
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      ...[...pair, ...pair, ...pair],
      `Basic ${Buffer.from('u:').toString('base64')}`,
      undefined,
    ]);
    await server.stop();
  });

  test('that cannot be read or sent are refused before anything is asked, without being said', async () => {
    const absent = { env: 'HOLDFAST_TEST_NOT_SET' };
    const refused = (plan: InfluxPlan) => expect(openInfluxDb(plan, readSecret)).rejects;
    await refused({ ...one, password: absent }).toMatchObject({ type: 'SecretUnavailable' });
    await refused({ ...two, token: absent }).toMatchObject({ type: 'SecretUnavailable' });
    for (const text of ['', 'two words', `${SECRET}\n`, 'ünï']) {
      const error = await openInfluxDb({ ...two, token: { text } }, readSecret).catch((caught: Error) => caught);
      expect(error).toMatchObject({ type: 'ConfigInvalid' });
      expect(inspect(error)).not.toContain(SECRET);
    }
    await refused({ ...one, username: 'a:b' }).toMatchObject({ type: 'ConfigInvalid' });
    await refused({ ...two, token: { text: SECRET }, caFile: join(directory, 'not-there') }).toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('ENOENT') as string,
    });
    const caFile = join(directory, 'no-certificate.pem');
    await writeFile(caFile, `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`);
    await refused({ ...two, token: { text: SECRET }, caFile }).toMatchObject({
      type: 'ConfigInvalid',
      message: `the ca_file of InfluxDB, ${caFile}, holds no certificate in PEM form`,
    });
  });

  test('are in no error, no log and no print of the database, even where a server says them back', async () => {
    const printed: unknown[] = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, method).mockImplementation((...words) => void printed.push(...words));
    const echoes = [200, 400, 401, 403, 404, 422, 500].map((status) => async () => {
      const server = await startScriptedServer(
        ({ url: asked, headers, body }): ScriptedAnswer =>
          asked === '/ping'
            ? { status: 204, headers: { 'x-influxdb-version': 'test' } }
            : {
                status,
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify({ error: `${headers.authorization} ${SECRET} ${body}` }),
              },
      );
      return server;
    });
    const silent = async () => ({ url: `http://127.0.0.1:${await freePort()}`, stop: async () => {} });
    const basic = Buffer.from(`u:${SECRET}`).toString('base64');
    for (const start of [...echoes, silent]) {
      const server = await start();
      for (const plan of [
        { ...one, url: server.url, password: { text: SECRET } },
        { ...two, url: server.url, token: { text: SECRET } },
      ]) {
        const database = await openInfluxDb(plan, readSecret);
        printed.push(database, `${database as unknown as string}`, JSON.stringify(database));
        printed.push(await database.write([POINT], signal).catch((error: unknown) => error));
        printed.push(await database.query('SELECT v FROM m', signal).catch((error: unknown) => error));
      }
      await server.stop();
    }
    const all = inspect(printed, {
      depth: null,
      showHidden: true,
      getters: true,
      maxArrayLength: null,
      maxStringLength: null,
    });
    expect(all).toMatch(/HoldfastError/);
    const told = [SECRET, basic].filter((text) => all.includes(text));
    expect(told).toEqual([]);
  });
});
