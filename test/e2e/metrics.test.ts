import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runningServer } from '../../src/client/embedded/record.js';
import { readCommandLines } from '../support/command-lines.js';
import { loadConfig } from '../../src/config/load.js';
import { openInfluxDb } from '../../src/providers/metrics/open-influxdb.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { form1, form2, type InfluxForm } from '../support/influx-forms.js';
import { startInfluxDb1 } from '../support/influxdb1.js';
import { startInfluxDb2 } from '../support/influxdb2.js';
import { loginOf } from '../support/loopback-login.js';

/** Real backups of a real host, and what a real InfluxDB has of them. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
let said = '';
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });

async function holdfast<Summary = Record<string, unknown>>(...words: string[]) {
  const run = await runJson<Summary>(['--config', path('holdfast.yaml'), ...words], environment());
  said += JSON.stringify(run.documents) + run.stderr;
  return run;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-metrics-'));
  for (const name of ['sshd', 'mirrors', 'vault', 'www', 'etc', 'scripts']) await mkdir(path(name), { mode: 0o700 });
  for (const name of ['www', 'etc']) await writeFile(join(path(name), 'index'), `${name}\n`);
  // The run waits in the middle until it may go on.
  const gate = `#!/bin/sh\ntouch ${path('reached')}\nwhile [ -e ${path('closed')} ]; do sleep 0.05; done\n`;
  await writeFile(join(path('scripts'), 'gate'), gate, { mode: 0o700 });
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  said = '';
});
afterEach(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

async function configure(influxdb: Readonly<Record<string, unknown>>): Promise<void> {
  const login = loginOf(host);
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('mirrors'), connect_timeout: 5, scripts_dir: path('scripts') },
      destinations: { vault: { type: 'local', path: path('vault') } },
      metrics: { influxdb: path('influxdb.yaml') },
      hosts: {
        web1: {
          ...login,
          paths: [
            { path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'vault' },
            { path: path('etc'), dest_subdir: 'etc', pre_script: 'gate', run_on: 'worker' },
          ],
        },
      },
    }),
  );
  await writeFile(path('influxdb.yaml'), stringify({ influxdb }), { mode: 0o600 });
}

interface Backup {
  readonly workflow_id: string;
  readonly status: string;
}
async function backUp(): Promise<void> {
  const run = await holdfast<Backup>('backup');
  expect(run.exit, run.stderr).toBe(0);
  expect(run.summary.status).toBe('ok');
}

/** The points of backups that the database has, `web1/www`, oldest first. */
async function points(): Promise<string[]> {
  const { exit, of } = await holdfast('metrics', 'query', '--hours', '2');
  if (exit !== 0) return [];
  return of('point')
    .map(
      ({ time, host: name, source, status }) => `${String(time)} ${String(name)}/${String(source)} ${String(status)}`,
    )
    .sort();
}

/** Waits for so many, and says which sources they are of. */
async function sourcesOf(count: number): Promise<string[]> {
  await expect.poll(async () => (await points()).length, { timeout: 60_000, interval: 500 }).toBe(count);
  return (await points()).map((line) => line.split(' ').slice(1).join(' '));
}

const NIGHT = ['web1/www ok', 'web1/etc ok'];

/** How many points the database has of each since then. */
async function counted(sinceMs: number): Promise<Record<string, unknown>> {
  const plan = (await loadConfig(path('holdfast.yaml'))).metrics?.influxdb;
  if (plan === undefined || 'unread' in plan) throw new Error('no database is configured');
  const database = await openInfluxDb(plan, readSecret);
  const counts: Record<string, unknown> = {};
  for (const measurement of ['backup_source', 'backup_host', 'backup_run']) {
    const count = `SELECT count("run_id") FROM "${measurement}" WHERE time >= ${sinceMs}ms`;
    const [table] = await database.query(count, new AbortController().signal);
    counts[measurement] = table?.rows[0]?.[1];
  }
  await database.close();
  return counts;
}
const ONE_RUN = { backup_source: 2, backup_host: 1, backup_run: 1 };

describe.each([
  ['1.x', async (): Promise<InfluxForm> => form1(await startInfluxDb1())],
  ['2.x', async (): Promise<InfluxForm> => form2(await startInfluxDb2())],
])('InfluxDB %s', (_, start) => {
  let influx: InfluxForm;
  beforeAll(async () => {
    influx = await start();
  });
  afterAll(() => influx.server.stop());
  /** Of a night that other tests leave nothing in: by the host’s own runs. */
  let before = 0;
  beforeEach(async () => {
    await configure(influx.mapping());
    up = await startUp(environment());
    before = (await points()).length;
  });

  test('a run leaves one point for each source, and asking for them again doubles none', async () => {
    const tried = await holdfast('metrics', 'test');
    expect(tried.exit, JSON.stringify(tried.documents)).toBe(0);
    expect(tried.of('check').map(({ status }) => status)).toEqual(Array(6).fill('ok'));
    const sinceMs = Date.now();
    await backUp();
    expect((await sourcesOf(before + 2)).slice(-2)).toEqual(NIGHT);
    await expect.poll(() => counted(sinceMs), { timeout: 30_000, interval: 500 }).toEqual(ONE_RUN);

    const again = await holdfast('metrics', 'backfill', '--days', '1');
    expect(again.exit, again.stderr).toBe(0);
    expect(Number(again.summary['marked'])).toBeGreaterThanOrEqual(4);
    expect(await sourcesOf(before + 2)).toHaveLength(before + 2);
    expect(await counted(sinceMs)).toEqual(ONE_RUN);

    const sent = await holdfast('metrics', 'send', '--wait');
    expect(sent.exit, sent.stderr).toBe(0);
    expect(Number(sent.summary['sent'])).toBeGreaterThanOrEqual(1);
  });

  test('a database that dies in the middle of a run: the run knows nothing of it, and every point arrives once it is back', async () => {
    const sinceMs = Date.now();
    await writeFile(path('closed'), '');
    const running = holdfast<Backup>('backup');
    await expect.poll(() => readFile(path('reached'), 'utf8').catch(() => undefined), { timeout: 30_000 }).toBe('');
    await influx.server.kill();
    await rm(path('closed'));
    const run = await running;
    expect(run.exit, run.stderr).toBe(0);
    expect(run.summary.status).toBe('ok');

    const refused = await holdfast('metrics', 'send');
    expect(refused.exit).toBe(1);
    expect(JSON.stringify(refused.summary)).toContain('MetricsUnreachable');
    await influx.server.restart();
    expect((await sourcesOf(before + 2)).slice(-2)).toEqual(NIGHT);
    await expect.poll(() => counted(sinceMs), { timeout: 30_000, interval: 500 }).toEqual(ONE_RUN);
  });

  test('worker and database both gone after a run: nothing is lost', async () => {
    await influx.server.kill();
    await backUp();
    up.kill('SIGKILL');
    await up.ended;
    await influx.server.restart();
    up = await startUp(environment());
    expect((await sourcesOf(before + 2)).slice(-2)).toEqual(NIGHT);
  });

  test('a command that brings its own worker sends before it ends', async () => {
    await stopUp(up, path('state'));
    const sinceMs = Date.now();
    await backUp();
    expect(await counted(sinceMs)).toEqual(ONE_RUN);
    expect((await runCli(['--config', path('none.yaml'), 'metrics', 'send'], environment())).exit).toBe(2);
  });

  test('a command that brings its own worker ends although the database keeps it waiting; the next one sends', async () => {
    await stopUp(up, path('state'));
    await influx.server.pause();
    await backUp();
    influx.server.resume();
    up = await startUp(environment());
    expect((await sourcesOf(before + 2)).slice(-2)).toEqual(NIGHT);
  });

  test('one who may only read fails no run, is named, and when it is corrected everything is sent', async () => {
    const sinceMs = Date.now();
    await configure(influx.mapping('reader'));
    await backUp();
    const refused = await holdfast('metrics', 'send');
    expect(refused.exit).toBe(1);
    expect(JSON.stringify(refused.summary)).toContain('MetricsDenied');
    await configure(influx.mapping());
    const sent = await holdfast('metrics', 'send');
    expect(sent.exit, sent.stderr).toBe(0);
    expect(await counted(sinceMs)).toEqual(ONE_RUN);
  });

  test('a wrong login fails no run, is named, and when it is corrected everything is sent; no secret is anywhere', async () => {
    await configure(influx.mapping('wrong'));
    await backUp();
    const tried = await holdfast('metrics', 'test');
    expect(tried.exit).toBe(1);
    const refused = await holdfast('metrics', 'send');
    expect(refused.exit).toBe(1);
    expect(JSON.stringify(refused.summary)).toContain('MetricsDenied');

    await configure(influx.mapping());
    const sent = await holdfast('metrics', 'send');
    expect(sent.exit, sent.stderr).toBe(0);
    expect((await sourcesOf(before + 2)).slice(-2)).toEqual(NIGHT);
    const shown = await runCli(['--config', path('holdfast.yaml'), 'config', 'show'], environment());

    const secrets = [influx.mapping('wrong'), influx.mapping()].flatMap(({ token, password }) =>
      [token, password].filter((secret) => secret !== undefined).map(String),
    );
    const places = { said, shown: shown.stdout + shown.stderr, up: up.stdout() + up.stderr(), ...(await leftBehind()) };
    for (const [place, text] of Object.entries(places))
      for (const secret of secrets) {
        expect(text.length, place).toBeGreaterThan(0);
        expect(text.includes(secret), `${secret} in ${place}`).toBe(false);
      }
  });
});

/** Payloads as their text: JSON shows bytes in base64. */
const decoded = (key: string, value: unknown): unknown =>
  key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value;

/** All that the server, the catalog and the process table have. */
async function leftBehind(): Promise<{ histories: string; catalog: string; processes: string }> {
  const connection = await Connection.connect({ address: runningServer(path('state'))?.address ?? '' });
  let histories = '';
  try {
    const client = new Client({ connection });
    for await (const { workflowId, runId } of client.workflow.list())
      histories += JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory(), decoded);
  } finally {
    await connection.close();
  }
  const files = await Promise.all(
    ['catalog.db', 'catalog.db-wal'].map((name) => readFile(join(path('state'), name), 'latin1').catch(() => '')),
  );
  return { histories, catalog: files.join(), processes: await readCommandLines() };
}
