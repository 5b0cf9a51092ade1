import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoopbackHost, startLoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, runJson, type RunningCli, startCli, startUp, stopUp } from '../support/cli.js';
import { lintMetrics, startPrometheus, type TestPrometheus } from '../support/prometheus.js';
import { loginOf } from '../support/loopback-login.js';

/** The worker's own endpoint and its textfile, through `bin/holdfast`, a real sshd and a real Prometheus. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
let prometheus: TestPrometheus | undefined;
const path = (name: string): string => join(directory, name);
const environment = (state = 'state'): Record<string, string> => ({ HOLDFAST_STATE_DIR: path(state) });

const METRICS_AT = /, metrics at (http:\/\/127\.0\.0\.1:\d+\/metrics)\. Ctrl-C/;
const start = () => startUp(environment(), ['--config', path('holdfast.yaml'), '--metrics', '127.0.0.1:0']);
const urlOf = (cli: RunningCli): string => METRICS_AT.exec(cli.stdout())?.[1] ?? 'no metrics';
const scrape = async (): Promise<string> => (await fetch(urlOf(up))).text();

const labelsOf = (source: string): string =>
  `{host="web1",source="${source}",destination="backup_base",engine="mirror"`;
const figure = (text: string, name: string, source?: string, rest = '}'): number | undefined => {
  const start = source === undefined ? `${name} ` : `${name}${labelsOf(source)}${rest} `;
  const line = text.split('\n').find((one) => one.startsWith(start));
  return line === undefined ? undefined : Number(line.slice(start.length));
};
/** What is of the fleet, and stands still while nothing runs. */
const fleetOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('holdfast_'));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-metrics-'));
  for (const name of ['sshd', 'mirrors', 'www', 'collector']) await mkdir(path(name), { mode: 0o700 });
  await writeFile(path('www/index'), 'x'.repeat(1_000));
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('mirrors') },
      hosts: {
        web1: {
          ...loginOf(host),
          paths: [
            { path: path('www'), dest_subdir: 'www' },
            { path: path('nowhere'), dest_subdir: 'nowhere', expect_every: '1h' },
          ],
        },
      },
      schedules: { nightly: { cron: '30 2 * * *' } },
      metrics: { prometheus: { textfile: path('collector/holdfast.prom') } },
    }),
  );
  up = await start();
});

afterAll(async () => {
  await prometheus?.stop();
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

test('before the first backup every source is there, and none has been backed up', async () => {
  const text = await scrape();
  for (const source of ['www', 'nowhere']) {
    expect(figure(text, 'holdfast_last_success_timestamp_seconds', source)).toBe(0);
    expect(figure(text, 'holdfast_overdue', source)).toBe(1);
    expect(figure(text, 'holdfast_runs_total', source, ',outcome="ok"}')).toBe(0);
  }
  expect(figure(text, 'holdfast_expected_interval_seconds', 'www')).toBe(86_400);
  expect(figure(text, 'holdfast_expected_interval_seconds', 'nowhere')).toBe(3_600);
  expect(figure(text, 'holdfast_config_valid')).toBe(1);
  expect(figure(text, 'holdfast_catalog_up')).toBe(1);
  expect((await fetch(urlOf(up).replace('/metrics', '/healthz'))).status).toBe(200);
});

test('the same scrape has the worker’s process and Temporal’s SDK; Prometheus’ own tools find no fault with it', async () => {
  const text = await scrape();
  expect(figure(text, 'holdfast_temporal_metrics_up')).toBe(1);
  expect(figure(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  expect(text).toMatch(/^temporal_num_pollers\{.*\} [1-9]/m);
  const remarks = (await lintMetrics(text)).split('\n').filter((line) => line !== '');
  expect(remarks.filter((line) => !/^(nodejs|temporal)_/.test(line))).toEqual([]);
});

test('a run tells how each source ended, in the endpoint and in the textfile', async () => {
  const begunS = Math.floor(Date.now() / 1_000);
  const { exit } = await runJson(['--config', path('holdfast.yaml'), 'backup'], environment());
  expect(exit).toBe(1);
  const text = await scrape();
  expect(figure(text, 'holdfast_last_success_timestamp_seconds', 'www')).toBeGreaterThanOrEqual(begunS);
  expect(figure(text, 'holdfast_overdue', 'www')).toBe(0);
  expect(figure(text, 'holdfast_unprotected', 'www')).toBe(0);
  expect(figure(text, 'holdfast_last_status', 'www')).toBe(1);
  expect(figure(text, 'holdfast_last_size_bytes', 'www')).toBe(1_000);
  expect(figure(text, 'holdfast_runs_total', 'www', ',outcome="ok"}')).toBe(1);
  expect(figure(text, 'holdfast_last_success_timestamp_seconds', 'nowhere')).toBe(0);
  expect(figure(text, 'holdfast_overdue', 'nowhere')).toBe(1);
  expect(figure(text, 'holdfast_last_status', 'nowhere')).toBe(0);
  expect(figure(text, 'holdfast_last_failure', 'nowhere', ',type="SourceMissing"}')).toBe(1);
  expect(text).toMatch(/^holdfast_destination_free_bytes\{destination="backup_base"\} [1-9]/m);

  const file = await readFile(path('collector/holdfast.prom'), 'utf8');
  expect(fleetOf(text)).toEqual(expect.arrayContaining(fleetOf(file)));
  expect(figure(file, 'holdfast_last_status', 'www')).toBe(1);
  expect(await lintMetrics(file)).toBe('');
});

test('a real Prometheus scrapes it, and sees which source is overdue', async () => {
  prometheus = await startPrometheus({ targets: [urlOf(up)] });
  const since = 'time() - holdfast_last_success_timestamp_seconds > 1.5 * holdfast_expected_interval_seconds';
  const overdue = await prometheus.untilAny(since);
  expect(overdue.map(({ labels }) => labels['source'])).toEqual(['nowhere']);
  expect(await prometheus.query('holdfast_last_status{source="www"}')).toMatchObject([{ value: 1 }]);
  expect(Object.values(await prometheus.scrapeErrors())).toEqual(['']);
});

test('after kill -9 the next worker tells the same', async () => {
  const before = fleetOf(await scrape());
  up.kill('SIGKILL');
  await up.ended;
  up = await start();
  expect(fleetOf(await scrape())).toEqual(before);
});

test('worker has it too, by HOLDFAST_METRICS, and whoever reads slowly does not keep it from stopping', async () => {
  const [, address = ''] = /Temporal at (\S+)/.exec(up.stdout()) ?? [];
  const worker = startCli(['worker', '--config', path('holdfast.yaml')], {
    ...environment(),
    TEMPORAL_ADDRESS: address,
    HOLDFAST_METRICS: '0',
  });
  await worker.until(METRICS_AT);
  const slow = connect(Number(new URL(urlOf(worker)).port), '127.0.0.1');
  await once(slow, 'connect');
  slow.write('GET /met');
  expect((await fetch(urlOf(worker))).status).toBe(200);
  worker.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  slow.destroy();
});

test('an address that is in use or none at all is refused before anything is started', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const inUse = await runCli(['up', '--metrics', String(port)], environment('untouched'));
  expect(inUse).toMatchObject({ exit: 2, stdout: '' });
  expect(inUse.stderr).toContain(`Metrics cannot be served at 127.0.0.1:${port}: something else listens there.`);
  expect(inUse.stderr).toContain('(AddressUnavailable)');
  other.close();
  for (const words of ['65536', 'localhost', '1.2.3.4:', ':9464', '9464/metrics', '-1']) {
    const refused = await runCli(['worker', `--metrics=${words}`], environment('untouched'));
    expect(refused.exit, words).toBe(2);
    expect(refused.stderr).toContain('Give a port, or an address and a port');
  }
  expect(existsSync(path('untouched'))).toBe(false);
});
