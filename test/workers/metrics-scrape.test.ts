import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalogs } from '../../src/providers/catalog/open-catalogs.js';
import { openCatalogs } from '../../src/providers/catalog/open-catalogs.js';
import { createScrape } from '../../src/workers/metrics-scrape.js';
import { HOUR, sourceRecord } from '../support/noted-records.js';
import { lintMetrics } from '../support/prometheus.js';

let directory: string;
let configFile: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-scrape-'));
  configFile = join(directory, 'holdfast.yaml');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const catalogsHere = (): Catalogs =>
  openCatalogs({
    directory,
    readSecret: async () => 'postgres://nobody@127.0.0.1:9/none',
    onReplaced: () => undefined,
  });
const scraperOf = (catalogs: Catalogs, sdk?: string) =>
  createScrape({
    configFile,
    providers: { catalogs, holdfastVersion: '1.2.3' },
    readSdkMetrics: async () => sdk,
  });
const configure = (hosts: string, rest = '') =>
  writeFile(configFile, `config: {backup_base: /b, expect_every: 24h}\nhosts: {${hosts}}\n${rest}`);
const WEB1 = 'web1: {paths: [{path: /www}]}';
const DB1 = 'db1: {paths: [{path: /etc}]}';
const note = (catalogs: Catalogs, ...records: readonly ReturnType<typeof sourceRecord>[]) =>
  catalogs.use(undefined, async ({ history }) => {
    await history.note(records, { configPath: configFile, send: false });
  });
/** A figure of the scrape; undefined where there is none. */
const figure = (text: string, name: string, labels = ''): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${name}{${labels}`) || one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
};
const successOf = (text: string, host: string) =>
  figure(text, 'holdfast_last_success_timestamp_seconds', `host="${host}"`);

const record = () =>
  sourceRecord({ destination: 'backup_base', source: 'www', atMs: Math.floor(Date.now() / 1_000) * 1_000 - HOUR });

test('tells what the catalog knows of the configured sources, also after a restart', async () => {
  await configure(`${WEB1}, ${DB1}`);
  const catalogs = catalogsHere();
  const noted = record();
  await note(catalogs, noted, { ...noted, id: 'gone', host: 'gone1' });
  const before = await scraperOf(catalogs)();
  expect(successOf(before, 'web1')).toBe(noted.atMs / 1_000);
  expect(successOf(before, 'db1')).toBe(0);
  expect(before).not.toContain('gone1');
  expect(figure(before, 'holdfast_overdue', 'host="web1"')).toBe(0);
  expect(figure(before, 'holdfast_overdue', 'host="db1"')).toBe(1);
  expect(figure(before, 'holdfast_config_valid')).toBe(1);
  expect(figure(before, 'holdfast_catalog_up')).toBe(1);
  expect(figure(before, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);

  const fleetOf = (text: string) => text.split('\n').filter((line) => /^holdfast_/.test(line));
  expect(fleetOf(await scraperOf(catalogsHere())())).toEqual(fleetOf(before));
});

test('is one text without mistakes, with the metrics of Temporal’s SDK where they can be had', async () => {
  await configure(WEB1);
  const sdk =
    '# HELP temporal_long_request_total x\n# TYPE temporal_long_request_total counter\ntemporal_long_request_total 5\n';
  const text = await scraperOf(catalogsHere(), sdk)();
  expect(figure(text, 'temporal_long_request_total')).toBe(5);
  expect(figure(text, 'holdfast_temporal_metrics_up')).toBe(1);
  // Of what is not ours, prom-client names a gauge as counters are named.
  expect((await lintMetrics(text)).split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_'))).toEqual(
    [],
  );
  expect(figure(await scraperOf(catalogsHere())(), 'holdfast_temporal_metrics_up')).toBe(0);
});

describe('a configuration', () => {
  test('that is not there is said, and no catalog is asked', async () => {
    const text = await scraperOf(catalogsHere())();
    expect(figure(text, 'holdfast_config_valid')).toBe(0);
    expect(text).not.toContain('holdfast_catalog_up');
    expect(text).not.toContain('holdfast_last_success');
    expect(figure(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  test('with a mistake is said, and its hosts stay in sight as they were; a corrected one counts at once', async () => {
    await configure(WEB1);
    const catalogs = catalogsHere();
    const noted = record();
    await note(catalogs, noted);
    const scrape = scraperOf(catalogs);
    await scrape();
    await configure(`${WEB1}, db1: {pathz: []}`);
    const broken = await scrape();
    expect(figure(broken, 'holdfast_config_valid')).toBe(0);
    expect(figure(broken, 'holdfast_catalog_up')).toBe(1);
    expect(successOf(broken, 'web1')).toBe(noted.atMs / 1_000);
    // Also to a scrape that comes for the first time: a run of this worker has read it before.
    expect(successOf(await scraperOf(catalogs)(), 'web1')).toBe(noted.atMs / 1_000);
    await configure(DB1);
    const corrected = await scrape();
    expect(figure(corrected, 'holdfast_config_valid')).toBe(1);
    expect([successOf(corrected, 'web1'), successOf(corrected, 'db1')]).toEqual([undefined, 0]);
  });
});

describe('a catalog', () => {
  test('that is away is said, and so is what the configuration knows', async () => {
    await configure(WEB1, 'catalog: {type: postgres, url: {env: NEVER_READ}}');
    const text = await scraperOf(catalogsHere())();
    expect(figure(text, 'holdfast_catalog_up')).toBe(0);
    expect(figure(text, 'holdfast_expected_interval_seconds', 'host="web1"')).toBe(86_400);
    expect(successOf(text, 'web1')).toBeUndefined();
  });

  test('is read once for all who ask at a time, and one that hangs is not asked again until it has answered', async () => {
    await configure(WEB1);
    const real = catalogsHere();
    await note(real, record());
    let reads = 0;
    let letGo = (): void => undefined;
    const hanging = new Promise<void>((resolve) => (letGo = resolve));
    const scrape = scraperOf({
      use: async (plan, work) => {
        reads += 1;
        await hanging;
        return real.use(plan, work);
      },
    });
    const together = await Promise.all([scrape(), scrape(), scrape()]);
    expect(new Set(together).size).toBe(1);
    expect(figure(together[0] ?? '', 'holdfast_catalog_up')).toBe(0);
    expect(figure(await scrape(), 'holdfast_catalog_up')).toBe(0);
    expect(reads).toBe(1);
    letGo();
    await expect.poll(async () => successOf(await scrape(), 'web1')).toBeGreaterThan(0);
  });
});
