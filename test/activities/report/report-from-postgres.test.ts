import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ReadReportResult } from '../../../src/activities/contract.js';
import { readReport } from '../../../src/activities/report/read-report.js';
import type { CliContext } from '../../../src/client/cli-context.js';
import { reportPage } from '../../../src/client/report-html/page.js';
import { printFleetReport } from '../../../src/client/reports/fleet-report.js';
import { printReportDocuments } from '../../../src/client/reports/report-documents.js';
import { loadConfig } from '../../../src/config/load.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { HistoryRecord, SourceRecord } from '../../../src/core/history/records.js';
import { joinParts } from '../../../src/core/report/part.js';
import { composeReport, type Report } from '../../../src/core/report/report.js';
import { DAY_MS } from '../../../src/core/report/window.js';
import { type Catalogs, openCatalogs } from '../../../src/providers/catalog/open-catalogs.js';
import { type FreshCatalogs, freshDatabases } from '../../support/fresh-catalogs.js';
import { hostRecord, NOON, sizeRecord, sourceRecord } from '../../support/history-records.js';
import { proofRecord } from '../../support/noted-records.js';
import { providersWith } from '../../support/providers.js';
import { testControl } from '../mirror/fixture.js';

/** What `holdfast report` says of the same records, whatever database they lie in. */
let databases: FreshCatalogs;
let directory: string;
beforeAll(async () => {
  databases = await freshDatabases();
  directory = await mkdtemp(join(tmpdir(), 'holdfast-report-pg-'));
  // Both say the same of the moment.
  vi.spyOn(Date, 'now').mockReturnValue(NOON);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await databases.stop();
  await rm(directory, { recursive: true, force: true });
});

interface Place {
  readonly configPath: string;
  readonly catalogs: Catalogs;
}
const opened: Place[] = [];
afterEach(async () => {
  for (const { configPath, catalogs } of opened.splice(0)) {
    const { settings } = await loadConfig(configPath);
    await catalogs.use(settings.catalog, (catalog) => catalog.close());
  }
});

/** A configuration of its own under the same name, which the page has in it; `url` of a PostgreSQL. */
async function place(name: string, hosts: readonly string[], url?: string): Promise<Place> {
  const own = join(directory, name);
  await mkdir(own, { recursive: true });
  const configPath = join(own, 'holdfast.yaml');
  const source = { dest_subdir: 'data', engine: 'archive', destination: 'vault', expect_every: '1d' };
  await writeFile(
    configPath,
    stringify({
      config: { backup_base: '/srv/backup' },
      ...(url === undefined ? {} : { catalog: { type: 'postgres', url: { env: 'CATALOG_URL' } } }),
      destinations: { vault: { type: 'local', path: '/srv/vault' } },
      hosts: Object.fromEntries(
        hosts.map((host) => [
          host,
          {
            paths: [
              { path: '/data', ...source },
              { path: '/etc', dest_subdir: 'etc' },
            ],
          },
        ]),
      ),
    }),
  );
  const catalogs = openCatalogs({
    directory: own,
    readSecret: async () => url ?? Promise.reject(new Error('there is no secret')),
    onReplaced: (_, reason) => {
      throw new Error(reason);
    },
  });
  const made = { configPath, catalogs };
  opened.push(made);
  return made;
}

async function note({ configPath, catalogs }: Place, records: readonly HistoryRecord[]): Promise<void> {
  const { settings } = await loadConfig(configPath);
  for (let from = 0; from < records.length; from += 1_000) {
    const some = records.slice(from, from + 1_000);
    await catalogs.use(settings.catalog, ({ history }) => history.note(some, { configPath, send: false }));
  }
}

async function reportOf({ configPath, catalogs }: Place, days: number) {
  const pages: ReadReportResult[] = [];
  for (let after: ReadReportResult['next']; ; ) {
    const input = { configPath, days, ...(after === undefined ? {} : { after }) };
    const page = await readReport(providersWith({ catalogs }), testControl(), input);
    pages.push(page);
    after = page.next;
    if (after === undefined) break;
  }
  const whole = pages.map(({ part }) => part).reduce((one, other) => joinParts(one, other));
  return { pages: pages.length, ...told(composeReport(whole, { untilMs: NOON, days })) };
}

/** As a terminal, a program and a browser get it. */
function told(report: Report) {
  const lines: string[] = [];
  const documents: string[] = [];
  const context: CliContext = {
    ...{ json: false, quiet: false, verbose: false, interactive: false },
    print: (line) => lines.push(line),
    printJson: (document) => documents.push(JSON.stringify(document)),
    note: () => undefined,
  };
  printFleetReport(context, report);
  printReportDocuments(context, report, undefined);
  return { lines, documents, html: reportPage(report, '/etc/holdfast/config.yaml') };
}

/** Names that databases sort otherwise than programs do. */
const HOSTS = ['web1', 'Web2', 'web-10', 'web_3', 'a.web', 'zebra', 'new1'];
const ENDS: readonly Partial<SourceRecord>[] = [
  {},
  { status: 'failed', failure: { type: 'DestinationFull', message: 'no "room" \\ left; 98 % – voll ✗' } },
  {
    status: 'warning',
    warnings: 2,
    errorCounts: { ...NO_ERRORS, vanished: 2 },
    evidence: ["tar: ./it's \u{1f4be}: gone"],
  },
  { status: 'skipped', failure: { type: 'HostUnreachable', message: 'no answer' } },
  { status: 'held', failure: { type: 'SourceHeld', message: '41,203 entries would be deleted' } },
];

/** Of forty days; the newest host never ran. */
const RECORDS: readonly HistoryRecord[] = HOSTS.slice(0, -1).flatMap((host, number) =>
  Array.from({ length: 40 }, (_, day): HistoryRecord[] => {
    const atMs = NOON - (40 - day) * DAY_MS + 10 * 3_600_000 + number;
    const end = ENDS[(number + day) % ENDS.length] ?? {};
    const large = { storedBytes: 5_000_000_000 + day, totalSizeBytes: 2 ** 45 + day };
    const vault = { destination: 'vault', freeBytes: 6e11 - day * 7e9, totalBytes: 2e12 };
    return [
      sourceRecord({ host, source: 'data', atMs, ...large, ...end }),
      sourceRecord({ host, source: 'etc', atMs: atMs + 1, destination: 'backup_base', engine: 'mirror', ...end }),
      hostRecord({
        host,
        atMs: atMs + 1,
        status: end.status ?? 'ok',
        ...('failure' in end ? { failure: end.failure } : {}),
      }),
      ...(day % 7 === 0 ? [sizeRecord({ host, source: 'data', atMs: atMs + 2, totalBytes: 4e10 + day * 1e9 })] : []),
      ...(day % 9 === number ? [proofRecord({ host, source: 'data', destination: 'vault', atMs: atMs + 3 })] : []),
      ...(number === 0 ? [{ kind: 'destination' as const, id: `destination/${day}/vault`, atMs, ...vault }] : []),
    ];
  }).flat(),
);

test.each([1, 30, 366])('over %i days text, JSON and page are those of a file with the same records', async (days) => {
  const file = await place(`file-${days}`, HOSTS);
  const database = await place(`database-${days}`, HOSTS, await databases.place());
  for (const one of [file, database]) await note(one, RECORDS);
  const expected = await reportOf(file, days);
  expect(await reportOf(database, days)).toEqual(expected);
  expect(expected.lines[0]).toContain('of 14 sources are not protected');
  expect(expected.documents.length).toBeGreaterThan(14 + days);
  expect(expected.html).toContain('voll ✗');
});

test('a fleet that comes in several pages, too', async () => {
  const hosts = Array.from({ length: 700 }, (_, number) => `host-${number}`);
  const records = hosts.flatMap((host, number) =>
    [1, 2, 3].map((day) =>
      sourceRecord({ host, source: 'data', atMs: NOON - day * DAY_MS, ...(ENDS[(number + day) % ENDS.length] ?? {}) }),
    ),
  );
  const file = await place('file-large', hosts);
  const database = await place('database-large', hosts, await databases.place());
  for (const one of [file, database]) await note(one, records);
  const expected = await reportOf(file, 30);
  expect(expected.pages).toBeGreaterThan(1);
  expect(await reportOf(database, 30)).toEqual(expected);
});

test('a database that has no history yet says what an empty file says', async () => {
  const file = await place('file-empty', HOSTS);
  const database = await place('database-empty', HOSTS, await databases.place());
  const expected = await reportOf(file, 30);
  expect(expected.lines[0]).toContain('Nothing was backed up yet');
  expect(await reportOf(database, 30)).toEqual(expected);
});
