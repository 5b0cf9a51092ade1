import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordRun } from '../../../src/activities/catalog/catalog-host.js';
import { collectHistory } from '../../../src/activities/history/collect-history.js';
import { noteEnded } from '../../../src/activities/history/note-ended.js';
import type { CatalogRun } from '../../../src/core/catalog-records.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HistoryRecord } from '../../../src/core/history/records.js';
import { type HistoryBench, INFLUXDB, startHistoryBench } from '../../support/history-bench.js';
import { hostRecord, NOON, sourceRecord } from '../../support/noted-records.js';

let bench: HistoryBench;
beforeEach(() => {
  bench = startHistoryBench();
});
afterEach(() => bench.stop());

const note = (configPath: string, ...records: HistoryRecord[]) =>
  noteEnded(bench.providers, bench.control, { configPath, records });
const record = (configPath: string, run: CatalogRun) => recordRun(bench.providers, bench.control, { configPath, run });
const noted = () => bench.use(({ history }) => history.records({ sinceMs: 0, limit: 100 }));
const waiting = (configPath: string) => bench.use(({ history }) => history.countWaiting(configPath));

const COUNTS = { ok: 1, warning: 2, failed: 0, skipped: 0, held: 0, cancelled: 0 };
const run = (news: Partial<CatalogRun> = {}): CatalogRun => ({
  workflowId: 'backup/nightly/1',
  runId: 'run-1',
  type: 'fleetBackup',
  status: 'warning',
  startedAt: new Date(NOON).toISOString(),
  durationMs: 90_000,
  hosts: [{ host: 'web1', status: 'warning' }],
  summary: { plan: 'nightly', hostsTotal: 3, counts: COUNTS, backupsMade: 4, storedBytes: 5_000 },
  ...news,
});

describe('what ended', () => {
  test('is in history, waits for the metrics database where there is one, and somebody is told', async () => {
    const [silent, sending] = [bench.configure('silent.yaml'), bench.configure('sending.yaml', INFLUXDB)];
    const [source, host] = [sourceRecord(), hostRecord()];
    await note(silent, source);
    await note(sending, host);
    expect(await noted()).toEqual([host, source]);
    expect([await waiting(silent), await waiting(sending)]).toEqual([0, 1]);
    expect(bench.pokes).toEqual([`soon ${sending}`]);
    expect(bench.said).toEqual([]);
  });

  test('told twice, as by a step that was repeated, is there once', async () => {
    const path = bench.configure('sending.yaml', INFLUXDB);
    const source = sourceRecord();
    await note(path, source);
    await note(path, source);
    expect(await noted()).toEqual([source]);
    expect(await waiting(path)).toBe(1);
  });

  test('is in history also when its configuration can be read no more', async () => {
    const path = bench.configure('config.yaml', INFLUXDB);
    writeFileSync(path, 'hosts: [');
    await note(path, sourceRecord({ status: 'failed' }));
    await record(path, run({ status: 'failed' }));
    expect((await noted()).map(({ kind }) => kind)).toEqual(['run', 'source']);
    expect(bench.pokes).toEqual([]);
  });

  test('goes where it would have gone before somebody made a mistake in the file', async () => {
    const path = bench.configure('config.yaml', INFLUXDB);
    await note(path, hostRecord());
    writeFileSync(path, 'hosts: [');
    await note(path, sourceRecord({ status: 'failed' }));
    expect(await waiting(path)).toBe(2);
    expect(bench.pokes).toEqual([`soon ${path}`, `soon ${path}`]);
  });

  test('ends as it did when the catalog is away: the log says what to do', async () => {
    const path = bench.configure('away.yaml', 'catalog: {type: postgres, url: {env: CATALOG_URL}}', INFLUXDB);
    await note(path, sourceRecord());
    expect(bench.said).toEqual([expect.stringContaining('holdfast metrics backfill')]);
    expect(bench.pokes).toEqual([]);
  });

  test('is noted although another one’s failure closed the catalog under it', async () => {
    const path = bench.configure('config.yaml');
    await note(path, hostRecord());
    let used = 0;
    const { catalogs } = bench.providers;
    const providers = {
      ...bench.providers,
      catalogs: {
        use: (async (plan, work) => {
          if ((used += 1) === 1) throw new Error('driver has already been destroyed');
          return catalogs.use(plan, work);
        }) as typeof catalogs.use,
      },
    };
    await noteEnded(providers, bench.control, { configPath: path, records: [sourceRecord()] });
    expect([used, (await noted()).length, bench.said]).toEqual([2, 2, []]);
  });

  test('stays noted when nobody can be told that there is something to send', async () => {
    const path = bench.configure('sending.yaml', INFLUXDB);
    const pokeMetrics = async (): Promise<never> => {
      throw new Error('no server');
    };
    const input = { configPath: path, records: [sourceRecord()] };
    await noteEnded({ ...bench.providers, pokeMetrics }, bench.control, input);
    expect(await waiting(path)).toBe(1);
    expect(bench.said).toEqual([expect.stringContaining('was not started')]);
  });
});

describe('a run that ended', () => {
  test('leaves its record and how full each destination of this machine is, at the time of its end', async () => {
    const cloud = '  cloud: {type: s3, bucket: backups, region: eu-central-1}';
    const there = join(bench.directory, 'vault');
    mkdirSync(there);
    const path = bench.configure(
      'config.yaml',
      INFLUXDB,
      'destinations:',
      `  vault: {type: local, path: ${there}}`,
      `  away: {type: local, path: ${join(bench.directory, 'not-mounted')}}`,
      cloud,
    );
    await record(path, run());
    const { blocks, bsize } = await statfs(there);
    const atMs = NOON + 90_000;
    const filling = { kind: 'destination', atMs, totalBytes: blocks * bsize, freeBytes: expect.any(Number) as number };
    const records = await noted();
    expect(records.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { ...filling, id: 'destination/run-1/backup_base', destination: 'backup_base' },
      { ...filling, id: 'destination/run-1/vault', destination: 'vault' },
      {
        ...{ kind: 'run', id: 'run/run-1', atMs, type: 'fleetBackup', plan: 'nightly', status: 'warning' },
        ...{ workflowId: 'backup/nightly/1', runId: 'run-1', startedAtMs: NOON, durationMs: 90_000 },
        ...{ hosts: COUNTS, storedBytes: 5_000 },
      },
    ]);
    const [fill] = await bench.use(({ history }) => history.destinations());
    expect(fill?.freeBytes).toBeGreaterThan(0);
    expect(fill?.freeBytes).toBeLessThan(fill?.totalBytes ?? 0);
    expect(bench.pokes).toEqual([`now ${path}`]);
    expect(bench.said).toEqual([]);
  });

  test('whose last step is repeated is there once, with its destinations', async () => {
    const path = bench.configure('config.yaml', INFLUXDB);
    await record(path, run());
    const first = await noted();
    writeFileSync(join(bench.directory, 'mirrors', 'file'), 'x'.repeat(1_000_000));
    await record(path, run());
    expect(await noted()).toEqual(first);
    expect(bench.pokes).toHaveLength(2);
  });

  test('leaves nothing when it was dry', async () => {
    const path = bench.configure('config.yaml', INFLUXDB);
    await record(path, run({ summary: { ...run().summary, dryRun: true } }));
    expect([await noted(), bench.pokes]).toEqual([[], []]);
    expect(await bench.use((catalog) => catalog.runs({ limit: 9 }))).toHaveLength(1);
  });

  test('of another type has neither a plan’s name nor hosts', async () => {
    const path = bench.configure('config.yaml');
    rmSync(join(bench.directory, 'mirrors'), { recursive: true });
    await record(path, run({ type: 'restore', summary: { source: 'www', dryRun: false, backupId: null } }));
    expect(await noted()).toEqual([
      {
        ...{ kind: 'run', id: 'run/run-1', atMs: NOON + 90_000, type: 'restore', status: 'warning' },
        ...{ workflowId: 'backup/nightly/1', runId: 'run-1', startedAtMs: NOON, durationMs: 90_000 },
      },
    ]);
  });
});

describe('what Temporal still knows', () => {
  test('is added where history lacks it, a page at a time, and waits to be sent', async () => {
    const records = [3, 2, 1].map((hours) => sourceRecord({ id: `run-${hours}`, atMs: NOON - hours }));
    const asked: unknown[] = [];
    const collecting = startHistoryBench({
      page: async (query) => {
        asked.push(query);
        return query.after === undefined
          ? { records: records.slice(1), next: 'two' }
          : { records: records.slice(0, 1) };
      },
    });
    try {
      const configPath = collecting.configure('config.yaml', INFLUXDB);
      const collect = (after?: string) =>
        collectHistory(collecting.providers, collecting.control, {
          ...{ configPath, sinceMs: 5 },
          ...(after === undefined ? {} : { after }),
        });
      expect([await collect(), await collect('two')]).toEqual([{ added: 2, next: 'two' }, { added: 1 }]);
      expect(await collect()).toEqual({ added: 0, next: 'two' });
      expect(asked.slice(0, 2)).toEqual([
        { configPath, sinceMs: 5 },
        { configPath, sinceMs: 5, after: 'two' },
      ]);
      expect(await collecting.use(({ history }) => history.countWaiting(configPath))).toBe(3);
      const [state] = await collecting.use(({ history }) => history.states());
      expect(state).toMatchObject({ last: { id: 'run-1' }, ended: { ok: 3 } });
    } finally {
      collecting.stop();
    }
  });

  test('cannot be had from a server or a catalog that is away: a named failure', async () => {
    const away = startHistoryBench({
      page: async () => {
        throw new HoldfastError('TemporalUnreachable', 'no server');
      },
    });
    try {
      const input = { configPath: away.configure('config.yaml'), sinceMs: 0 };
      await expect(collectHistory(away.providers, away.control, input)).rejects.toMatchObject({
        type: 'TemporalUnreachable',
      });
      const line = 'catalog: {type: postgres, url: {env: CATALOG_URL}}';
      const noCatalog = { configPath: away.configure('away.yaml', line), sinceMs: 0 };
      const pastRuns = { page: async () => ({ records: [sourceRecord()] }) };
      const collecting = collectHistory({ ...away.providers, pastRuns }, away.control, noCatalog);
      await expect(collecting).rejects.toMatchObject({ type: 'CatalogUnavailable' });
    } finally {
      away.stop();
    }
  });
});
