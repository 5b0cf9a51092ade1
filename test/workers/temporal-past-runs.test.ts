import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { NativeConnection } from '@temporalio/worker';
import { recordRun } from '../../src/activities/catalog/catalog-host.js';
import { collectHistory } from '../../src/activities/history/collect-history.js';
import { noteEnded } from '../../src/activities/history/note-ended.js';
import { HoldfastError } from '../../src/core/failures.js';
import type { HistoryRecord } from '../../src/core/history/records.js';
import { TemporalPastRuns } from '../../src/workers/temporal-past-runs.js';
import { type HistoryBench, INFLUXDB, startHistoryBench } from '../support/history-bench.js';
import { hostPlan, sourcePlan } from '../support/plans.js';
import { recordActivities, untilCancelled, type RecordedActivities } from '../support/recorded-activities.js';
import { startTemporal, type Runs, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

let bench: HistoryBench;
let configPath: string;
beforeEach(() => {
  bench = startHistoryBench();
  configPath = bench.configure('config.yaml', INFLUXDB);
});
afterEach(() => bench.stop());

const web = (name: string) => hostPlan({ name, sources: [sourcePlan({ name: 'www' }), sourcePlan({ name: 'etc' })] });
const selection = { hosts: [], sources: [], tags: [] };
const options = { dryRun: false, full: false, approve: false };

/** Workflows whose hosts are made up, and whose history is kept for good. */
const activities = (): RecordedActivities =>
  recordActivities([web('good'), web('bad'), web('slow')], {
    noteEnded: (input) => noteEnded(bench.providers, bench.control, input),
    recordRun: (input) => recordRun(bench.providers, bench.control, input),
    listHosts: async ({ selection: { hosts } }) => ({ hosts, total: hosts.length, notes: [] }),
    syncMirror: async ({ host, source }) => {
      if (host.name === 'slow') return untilCancelled();
      if (host.name === 'bad' && source.name === 'etc')
        throw new HoldfastError('DestinationFull', 'no space left on device', {}, { evidence: EVIDENCE });
      return { statistics: STATISTICS, exitCode: 0, flaws: { count: 0, first: [] } };
    },
  });
const EVIDENCE = { lines: ['rsync: write failed: No space left on device (28)'] };
const STATISTICS = {
  ...{ filesTotal: 100, filesTransferred: 5, filesCreated: 2, filesDeleted: 1, totalSizeBytes: 1_000_000 },
  ...{ literalBytes: 50_000, matchedBytes: 0, bytesSent: 2_000, bytesReceived: 52_000, speedup: 18.5 },
};

const backUp = (start: Runs['start'], host: string, news: { configPath?: string; dryRun?: boolean } = {}) => {
  const { configPath: path = configPath, dryRun = false } = news;
  return start('hostBackup', {
    configPath: path,
    host,
    selection,
    options: { ...options, dryRun },
  });
};
const ended = async (handle: Awaited<ReturnType<Runs['start']>>): Promise<void> =>
  handle.result().then(
    () => undefined,
    () => undefined,
  );

function textOf(record: HistoryRecord): string {
  if (record.kind === 'source')
    return [`${record.host}:${record.source}`, record.status, record.failure?.type ?? ''].join(' ').trim();
  if (record.kind === 'host') return `${record.host} ${record.status}`;
  return record.kind === 'run' ? `${record.plan} ${record.status}` : record.kind;
}

const byId = (records: readonly HistoryRecord[]): HistoryRecord[] => records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const noted = async (of: HistoryBench): Promise<HistoryRecord[]> =>
  byId(await of.use(({ history }) => history.records({ sinceMs: 0, limit: 1_000 })));

/** All pages into a catalog that has nothing yet. */
async function collectAnew(pageSize?: number): Promise<{ readonly pages: number; readonly records: HistoryRecord[] }> {
  const { nativeConnection } = temporal.environment;
  const anew = startHistoryBench(new TemporalPastRuns(nativeConnection, 'default', pageSize));
  try {
    let after: string | undefined;
    let pages = 0;
    do {
      const input = { configPath, sinceMs: 0, ...(after === undefined ? {} : { after }) };
      after = (await collectHistory(anew.providers, anew.control, input)).next;
      pages += 1;
    } while (after !== undefined);
    return { pages, records: await noted(anew) };
  } finally {
    anew.stop();
  }
}

test('runs of every end are in history as they end; a catalog that was lost gets the same records from Temporal', async () => {
  await temporal.withWorker(
    activities().activities,
    async ({ start }) => {
      await ended(await backUp(start, 'good'));
      await ended(await backUp(start, 'bad'));
      const cancelled = await backUp(start, 'slow');
      await expect
        .poll(async () => (await cancelled.query<{ doing: string }>('progress')).doing)
        .toMatch(/transferring/);
      await cancelled.cancel();
      await ended(cancelled);
      // These leave nothing, or are nothing to this configuration.
      await ended(await backUp(start, 'good', { dryRun: true }));
      const terminated = await backUp(start, 'slow');
      await terminated.terminate();
      const plan = { plan: 'nightly', parallelHosts: 2, selection: { ...selection, hosts: ['good', 'bad'] } };
      await ended(await start('fleetBackup', { configPath, ...plan, options }));
      await ended(await start('fleetBackup', { configPath, ...plan, options: { ...options, dryRun: true } }));
    },
    { taskQueue: 'holdfast' },
  );
  const kept = (await noted(bench)).filter(({ kind }) => kind !== 'destination');
  // Two of them were backed up alone, and in the run of both.
  const both = ['bad failed', 'bad:etc failed DestinationFull', 'bad:www ok', 'good ok', 'good:etc ok', 'good:www ok'];
  const slow = ['slow cancelled', 'slow:etc cancelled Cancelled', 'slow:www cancelled Cancelled'];
  expect(kept).toContainEqual(expect.objectContaining({ source: 'etc', evidence: EVIDENCE.lines }));
  expect(kept.map(textOf).sort()).toEqual([...both, ...both, 'nightly failed', ...slow].sort());
  expect(await bench.use(({ history }) => history.countWaiting(configPath))).toBe((await noted(bench)).length);

  // The server lists what has closed a moment later.
  await expect.poll(async () => (await collectAnew()).records.length, { timeout: 15_000 }).toBe(kept.length);
  expect((await collectAnew()).records).toEqual(kept);
  const inPages = await collectAnew(2);
  expect(inPages.records).toEqual(kept);
  expect(inPages.pages).toBeGreaterThan(2);
});

test('what another configuration’s runs left is not collected', async () => {
  const elsewhere = bench.configure('elsewhere.yaml', INFLUXDB);
  await temporal.withWorker(
    activities().activities,
    async ({ start }) => {
      await ended(await backUp(start, 'good', { configPath: elsewhere }));
      await ended(await backUp(start, 'good'));
    },
    { taskQueue: 'holdfast' },
  );
  const hosts = async (): Promise<string[]> =>
    (await collectAnew()).records.filter(({ kind }) => kind === 'host').map(({ id }) => id);
  await expect.poll(async () => (await hosts()).length, { timeout: 15_000 }).toBe(1);
  const all = (await noted(bench)).filter(({ kind }) => kind === 'host');
  expect(all).toHaveLength(2);
});

test('a server that does not answer, or knows no such namespace, is a named failure', async () => {
  const connection = await NativeConnection.connect({ address: temporal.environment.address });
  const query = { configPath, sinceMs: 0 };
  const elsewhere = new TemporalPastRuns(connection, 'no-such-namespace');
  await expect(elsewhere.page(query)).rejects.toMatchObject({ type: 'TemporalUnreachable' });
  const runs = new TemporalPastRuns(connection, 'default');
  await connection.close();
  await expect(runs.page(query)).rejects.toMatchObject({ type: 'TemporalUnreachable' });
});
