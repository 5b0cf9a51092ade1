import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { openInfluxDb } from '../../src/providers/metrics/open-influxdb.js';
import { runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { askingPanels, committedDashboard, DASHBOARD_NAMES } from '../support/grafana/committed.js';
import { filledInfluxql, filledPromql, type Viewed } from '../support/grafana/filled-in.js';
import { askPrometheus } from '../support/grafana/prometheus-answers.js';
import { form1, form2 } from '../support/influx-forms.js';
import { startInfluxDb1, type TestInfluxDb1 } from '../support/influxdb1.js';
import { startInfluxDb2, type TestInfluxDb2 } from '../support/influxdb2.js';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.js';
import { loginOf } from '../support/loopback-login.js';

/** What two real nights of a real host, a scan of sizes and a drill show on the dashboards, on all three databases. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
let influx1: TestInfluxDb1;
let influx2: TestInfluxDb2;
let prometheus: TestPrometheus;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const holdfast = async (...words: string[]): Promise<number | NodeJS.Signals> =>
  (await runJson(['--config', path('holdfast.yaml'), ...words], environment())).exit;
const sendTo = (influxdb: unknown): Promise<void> =>
  writeFile(path('influxdb.yaml'), stringify({ influxdb }), { mode: 0o600 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-grafana-'));
  for (const name of ['sshd', 'mirrors', 'vault', 'www', 'etc']) await mkdir(path(name), { mode: 0o700 });
  for (const name of ['www', 'etc']) await writeFile(path(`${name}/index`), 'x'.repeat(1_000));
  [host, influx1, influx2] = await Promise.all([
    startLoopbackHost({ name: 'web1', directory: path('sshd') }),
    startInfluxDb1(),
    startInfluxDb2(),
  ]);
  await sendTo(form2(influx2).mapping());
  await writeFile(path('holdfast.yaml'), stringify(configuration()));
  up = await startUp(environment(), ['--config', path('holdfast.yaml'), '--metrics', '127.0.0.1:0']);
  const [, url = ''] = /, metrics at (http:\S+\/metrics)\./.exec(up.stdout()) ?? [];
  expect(await holdfast('backup')).toBe(1);
  prometheus = await startPrometheus({ targets: [url] });
  await prometheus.untilAny('holdfast_runs_total{source="nowhere", outcome="failed"} == 1');
  await writeFile(path('www/more'), 'y'.repeat(2_000));
  expect(await holdfast('backup')).toBe(1);
  expect(await holdfast('sizes', 'scan')).toBe(0);
  expect(await holdfast('drill', '--source', 'www', '--source', 'etc')).toBe(0);
  await prometheus.untilAny('increase(holdfast_runs_total{source="nowhere", outcome="failed"}[5m]) > 0');
  await prometheus.untilAny('holdfast_last_proof_timestamp_seconds{source="www"} > 0');
}, 300_000);

afterAll(async () => {
  await prometheus.stop();
  await stopUp(up, path('state'));
  await Promise.all([host.stop(), influx1.stop(), influx2.stop()]);
  await rm(directory, { recursive: true, force: true });
});

const configuration = () => ({
  config: { backup_base: path('mirrors') },
  destinations: { vault: { type: 'local', path: path('vault') } },
  metrics: { influxdb: path('influxdb.yaml') },
  schedules: { nightly: { cron: '30 2 * * *' } },
  hosts: {
    web1: {
      ...loginOf(host),
      paths: [
        { path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'vault' },
        { path: path('etc'), dest_subdir: 'etc' },
        { path: path('nowhere'), dest_subdir: 'nowhere' },
      ],
    },
  },
});

const DAY_MS = 86_400_000;
const view = (): Viewed => ({ fromMs: Date.now() - DAY_MS, toMs: Date.now(), interval: '1h', step: '5m' });

/** What one evening on one file system cannot show; the five weeks of the other tests do. */
const TAKES_DAYS = ['First destination is full in', 'Duration of the last run, against its own p95'];
const TAKES_BTRFS = ['Shared and exclusive bytes'];

async function expectAllAnswered(
  set: 'influxdb' | 'prometheus',
  answered: (target: { readonly query?: string; readonly expr?: string; readonly range?: boolean }) => Promise<boolean>,
): Promise<void> {
  const empty: string[] = [];
  for (const name of DASHBOARD_NAMES)
    for (const { title, targets = [] } of askingPanels(await committedDashboard(set, name))) {
      if ([...TAKES_DAYS, ...TAKES_BTRFS].includes(title)) continue;
      const answers = await Promise.all(targets.map(answered));
      if (!answers.includes(true)) empty.push(`${name}: ${title}`);
    }
  expect(empty).toEqual([]);
}

test.each(['2.x', '1.x'])('InfluxDB %s: no panel is empty, and red is what failed', async (version) => {
  if (version === '1.x') await sendTo(form1(influx1).mapping());
  expect(await holdfast('metrics', 'backfill', '--days', '1')).toBe(0);
  const server = version === '1.x' ? influx1 : influx2;
  const database = await openInfluxDb(server.plan(), () => Promise.reject(new Error('no secrets here')));
  const ask = (query = '') => database.query(filledInfluxql(query, view()), AbortSignal.timeout(30_000));
  try {
    await expectAllAnswered('influxdb', async ({ query }) => {
      const tables = await ask(query);
      return tables.some(({ rows }) => rows.some((row) => row.slice(1).some((value) => value !== null)));
    });
    const panels = askingPanels(await committedDashboard('influxdb', 'fleet'));
    const red = await ask(panels.find(({ title }) => title === 'What is red now')?.targets?.[0]?.query);
    expect(red.map(({ tags, rows }) => [tags['source'], rows[0]?.[1]])).toEqual([['nowhere', 'SourceMissing']]);
  } finally {
    await database.close();
  }
});

test('Prometheus: no panel is empty, and red is what failed', async () => {
  const ask = (expr = '', range = false) =>
    askPrometheus(prometheus.url, filledPromql(expr, view()), { ...view(), range, stepSeconds: 60 });
  await expectAllAnswered('prometheus', async ({ expr, range }) => {
    const answer = await ask(expr, range);
    return answer.some(({ values }) => values.some((value) => Number.isFinite(value)));
  });
  const panels = askingPanels(await committedDashboard('prometheus', 'fleet'));
  const red = await ask(panels.find(({ title }) => title === 'What is red now')?.targets?.[0]?.expr);
  expect(red.map(({ labels }) => [labels['source'], labels['type']])).toEqual([['nowhere', 'SourceMissing']]);
});
