import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReadReportResult, ReportPosition } from '../../../src/activities/contract.js';
import { readFleetHealth } from '../../../src/activities/history/fleet-health.js';
import { readRecords } from '../../../src/activities/report/read-records.js';
import { readReport } from '../../../src/activities/report/read-report.js';
import { loadConfig } from '../../../src/config/load.js';
import type {
  DestinationRecord,
  HistoryRecord,
  HostRecord,
  SizeRecord,
  SourceRecord,
} from '../../../src/core/history/records.js';
import { joinParts, partOf } from '../../../src/core/report/part.js';
import { composeReport, type Report } from '../../../src/core/report/report.js';
import { DAY_MS } from '../../../src/core/report/window.js';
import { openCatalogs, type Catalogs } from '../../../src/providers/catalog/open-catalogs.js';
import { hostRecord, sizeRecord, sourceRecord } from '../../support/history-records.js';
import { providersWith } from '../../support/providers.js';
import { testControl } from '../mirror/fixture.js';

let directory: string;
let configPath: string;
let catalogs: Catalogs;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-report-'));
  configPath = join(directory, 'holdfast.yaml');
  catalogs = openCatalogs({
    directory,
    readSecret: () => Promise.reject(new Error('there is no secret')),
    onReplaced: (_, reason) => {
      throw new Error(reason);
    },
  });
});
afterEach(async () => {
  await catalogs.use(undefined, (catalog) => catalog.close());
  await rm(directory, { recursive: true, force: true });
});

const configure = (hosts: number, sources: number): Promise<void> =>
  writeFile(
    configPath,
    stringify({
      config: { backup_base: join(directory, 'backup') },
      destinations: { vault: { type: 'local', path: join(directory, 'vault') } },
      hosts: Object.fromEntries(
        Array.from({ length: hosts }, (_, host) => [
          `host-${host}`,
          {
            paths: Array.from({ length: sources }, (__, source) => ({
              path: `/data/${source}`,
              dest_subdir: `data/${source}`,
              engine: 'archive',
              destination: 'vault',
              expect_every: '1d',
            })),
          },
        ]),
      ),
    }),
  );

const note = (records: readonly HistoryRecord[]) =>
  catalogs.use(undefined, ({ history }) => history.note(records, { configPath, send: false }));

const pageAt = (days: number, after?: ReportPosition): Promise<ReadReportResult> =>
  readReport(providersWith({ catalogs }), testControl(), {
    configPath,
    days,
    ...(after === undefined ? {} : { after }),
  });

async function allPages(days: number): Promise<ReadReportResult[]> {
  const pages = [await pageAt(days)];
  for (let { next } = pages[0] as ReadReportResult; next !== undefined; ) {
    const page = await pageAt(days, next);
    pages.push(page);
    next = page.next;
  }
  return pages;
}

/** What a report of all records at once would be. */
async function expected(records: readonly HistoryRecord[], { window }: ReadReportResult): Promise<Report> {
  const { sources, destinations } = await readFleetHealth({ catalogs }, await loadConfig(configPath), window.untilMs);
  const of = <Kind>(kind: HistoryRecord['kind']): Kind[] =>
    records.filter((record) => record.kind === kind && record.atMs <= window.untilMs) as Kind[];
  const part = partOf(
    {
      sources,
      ended: of<SourceRecord>('source'),
      hosts: of<HostRecord>('host'),
      sizes: of<SizeRecord>('size'),
      disks: [...destinations, ...of<DestinationRecord>('destination')],
    },
    window,
  );
  return composeReport(part, window);
}

const disk = (atMs: number, freeBytes: number): DestinationRecord => ({
  kind: 'destination',
  id: `destination/vault/${atMs}`,
  atMs,
  destination: 'vault',
  freeBytes,
  totalBytes: 1_000_000,
});

test('a report is what the catalog has, also of sources that never ran', async () => {
  await configure(2, 2);
  const now = Date.now();
  const records = [
    sourceRecord({ host: 'host-0', source: 'data/0', atMs: now - 1_000, storedBytes: 5 }),
    sourceRecord({ host: 'host-0', source: 'data/0', atMs: now - 3 * DAY_MS, storedBytes: 7, status: 'warning' }),
    sourceRecord({ host: 'host-0', source: 'data/0', atMs: now - 30 * DAY_MS, storedBytes: 11 }),
    sourceRecord({
      host: 'host-0',
      source: 'data/1',
      atMs: now - 1_000,
      status: 'failed',
      failure: { type: 'DestinationFull', message: 'no room' },
    }),
    sourceRecord({ host: 'gone', source: 'data/0', atMs: now - 1_000, storedBytes: 13 }),
    hostRecord({ host: 'host-0', atMs: now - 1_000 }),
    sizeRecord({ host: 'host-0', source: 'data/0', atMs: now - 40 * DAY_MS, totalBytes: 100 }),
    disk(now - DAY_MS, 600_000),
    disk(now - 1_000, 500_000),
  ];
  await note(records);
  const [page, ...others] = await allPages(5);
  expect(others).toEqual([]);
  const report = composeReport((page as ReadReportResult).part, (page as ReadReportResult).window);
  expect(report).toEqual(await expected(records, page as ReadReportResult));
  expect(report.counts).toMatchObject({ sources: 4, unprotected: 3 });
  expect(report.sources.map(({ host, source, unprotected }) => [host, source, unprotected])).toEqual([
    ['host-0', 'data/1', 'never'],
    ['host-1', 'data/0', 'never'],
    ['host-1', 'data/1', 'never'],
    ['host-0', 'data/0', undefined],
  ]);
  expect(report.sources.at(-1)).toMatchObject({ storedBytes: 12, sizeBytes: 100, expectEveryMs: DAY_MS });
  expect(report.failures).toMatchObject([
    { host: 'host-0', source: 'data/1', type: 'DestinationFull' },
    { host: 'host-0', source: 'data/0', status: 'warning' },
  ]);
  expect(report.destinations).toMatchObject([
    { destination: 'vault', disk: { freeBytes: 500_000 }, sizeBytes: [100, 100, 100, 100, 100] },
  ]);
});

test('a large fleet comes in pages that fit into payloads, and together they tell everything once', async () => {
  await configure(500, 10);
  const now = Date.now();
  const records = Array.from({ length: 500 }, (_, host) =>
    Array.from({ length: 10 }, (__, source) =>
      [1, 2].map((day) =>
        sourceRecord({
          host: `host-${host}`,
          source: `data/${source}`,
          atMs: now - day * DAY_MS,
          storedBytes: host + source,
          ...(host % 2 === 0
            ? {
                status: 'failed',
                failure: { type: 'RsyncFailed', message: 'm'.repeat(400) },
                evidence: ['e'.repeat(300), 'f'.repeat(300)],
              }
            : {}),
        }),
      ),
    ),
  ).flat(2);
  for (let from = 0; from < records.length; from += 5_000) await note(records.slice(from, from + 5_000));
  const pages = await allPages(30);
  expect(pages.length).toBeGreaterThan(5);
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(500_000);
  expect(new Set(pages.map(({ window }) => window.untilMs)).size).toBe(1);
  const [first] = pages as [ReadReportResult, ...ReadReportResult[]];
  const whole = pages.map(({ part }) => part).reduce((one, other) => joinParts(one, other));
  expect(composeReport(whole, first.window)).toEqual(await expected(records, first));
});

test('a host with more sources than a page has room for is told in parts, what befell it once', async () => {
  await configure(1, 250);
  const now = Date.now();
  const away = { type: 'HostUnreachable', message: 'no answer' } as const;
  const records = [
    hostRecord({ host: 'host-0', atMs: now - 1_000, status: 'skipped', failure: away }),
    ...Array.from({ length: 250 }, (_, source) =>
      sourceRecord({ host: 'host-0', source: `data/${source}`, atMs: now - 1_000, status: 'skipped', failure: away }),
    ),
  ];
  await note(records);
  const pages = await allPages(30);
  const whole = pages.map(({ part }) => part).reduce((one, other) => joinParts(one, other));
  expect(whole.sources).toHaveLength(250);
  expect(whole.failures).toMatchObject([{ host: 'host-0', type: 'HostUnreachable', count: 1 }]);
  expect(whole.days.reduce((sum, { ended }) => sum + ended.skipped, 0)).toBe(250);
});

describe('records are read to the last', () => {
  test('however many bear the same time, and wherever a batch ends', async () => {
    const times = [5, 5, 5, 5, 5, 5, 5, 4, 3, 3, 3, 2, 1, 1];
    const records = times.map((atMs, number) =>
      sourceRecord({ id: `${number}`, source: `s${number}`, atMs: 1e12 + atMs }),
    );
    await note(records);
    for (const batch of [1, 2, 3, 5, 7, 14, 100]) {
      const read = await catalogs.use(undefined, ({ history }) =>
        readRecords(history, { sinceMs: 1e12 + 1, untilMs: 1e12 + 6, host: 'web1' }, batch),
      );
      expect(read.map(({ id }) => id).toSorted(), `batches of ${batch}`).toEqual(
        records.map(({ id }) => id).toSorted(),
      );
    }
  });
});

test('without its catalog there is no report, and it says why', async () => {
  await configure(1, 1);
  const away: Catalogs = { use: () => Promise.reject(new Error('disk I/O error')) };
  await expect(
    readReport(providersWith({ catalogs: away }), testControl(), { configPath, days: 30 }),
  ).rejects.toMatchObject({ type: 'CatalogUnavailable', message: 'the catalog cannot be used: disk I/O error' });
});
