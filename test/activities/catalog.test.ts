import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Providers } from '../../src/activities/activity-control.js';
import { commitArchive } from '../../src/activities/archive/commit-archive.js';
import { listBackups } from '../../src/activities/backups.js';
import { notingArchive } from '../../src/activities/catalog/after-change.js';
import { catalogHost, forgetCataloged, listRuns, recordRun } from '../../src/activities/catalog/catalog-host.js';
import type { CatalogRun } from '../../src/core/catalog-records.js';
import { openCatalogs } from '../../src/providers/catalog/open-catalogs.js';
import { type RestoreBench, startRestoreBench } from '../support/restore-bench.js';

let bench: RestoreBench;
let configPath: string;
const selection = { hosts: ['web1'], sources: ['data'], tags: [] };
const list = (offline: boolean) =>
  listBackups(bench.providers, bench.control(), { configPath, selection, limit: 20, offline });
const ids = async (offline: boolean) => (await list(offline)).backups.map(({ id }) => id);

/** A backup whose commit notes it, as the worker's does. */
async function backUp(providers: Providers = bench.providers): Promise<string> {
  writeFileSync(join(bench.tree, 'file'), `${Math.random()}`);
  const plan = await bench.plan();
  for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard);
  const run = { workflowId: 'host/web1', runId: 'run-1' };
  const input = { host: bench.hostPlan(), source: bench.source(), plan, startedAtMs: Date.now(), run };
  const { backupId } = await notingArchive(commitArchive)(providers, bench.control(), input);
  bench.settle(backupId);
  return backupId;
}

const ended: CatalogRun = {
  workflowId: 'backup/nightly/1',
  runId: 'run-1',
  type: 'fleetBackup',
  status: 'ok',
  startedAt: '2026-11-21T02:00:00.000Z',
  durationMs: 1,
  hosts: [{ host: 'web1', status: 'ok' }],
  summary: {},
};

beforeAll(async () => {
  bench = await startRestoreBench();
  configPath = bench.request().configPath;
  await backUp();
  await backUp();
});
afterAll(() => bench.stop());

test('backups are noted when they are committed, and told while the destination is away, with the time of the knowledge', async () => {
  const live = await list(false);
  expect(live.backups).toHaveLength(2);
  renameSync(bench.vault, `${bench.vault}-away`);
  const known = await list(true);
  expect((await list(false)).failures).toHaveLength(1);
  renameSync(`${bench.vault}-away`, bench.vault);
  expect(known.backups.map(({ id, level, status, entries }) => [id, level, status, entries])).toEqual(
    live.backups.map(({ id, level, status, entries }) => [id, level, status, entries]),
  );
  expect(known.known).toEqual([{ host: 'web1', source: 'data', knownAt: expect.stringMatching(/^20/) as string }]);
});

test('a rebuild has exactly what the destination has; one that cannot be read keeps what was known', async () => {
  const stale = { host: 'web1', source: 'data', knownAt: '2026-01-01T00:00:00.000Z', backups: [] };
  await bench.providers.catalogs.use(undefined, (catalog) => catalog.replaceSource(stale));
  const live = await list(false);
  const rebuilt = await catalogHost(bench.providers, bench.control(), { configPath, host: 'web1', selection });
  expect(rebuilt).toEqual({ sources: 1, backups: 2, failures: [] });
  expect((await list(true)).backups).toEqual(live.backups);
  renameSync(bench.vault, `${bench.vault}-away`);
  const away = await catalogHost(bench.providers, bench.control(), { configPath, host: 'web1', selection });
  renameSync(`${bench.vault}-away`, bench.vault);
  expect(away).toMatchObject({ sources: 0, failures: [{ host: 'web1', source: 'data' }] });
  expect((await list(true)).backups).toEqual(live.backups);
});

test('a backup is made although its catalog is damaged, and with it the catalog knows all of the source again', async () => {
  const folder = mkdtempSync(join(bench.directory, 'damaged-'));
  writeFileSync(join(folder, 'catalog.db'), 'no database at all '.repeat(500));
  const replaced: string[] = [];
  const onReplaced = (aside: string): void => void replaced.push(aside);
  const catalogs = openCatalogs({ directory: folder, readSecret: async () => '', onReplaced });
  const providers = { ...bench.providers, catalogs };
  const id = await backUp(providers);
  expect(replaced).toEqual([join(folder, 'catalog.db.unusable')]);
  const input = { configPath, selection, limit: 20, offline: true };
  const known = (await listBackups(providers, bench.control(), input)).backups.map((backup) => backup.id);
  expect(known[0]).toBe(id);
  expect(known).toEqual(await ids(false));
});

test('a catalog that cannot be opened costs a backup a line in the log, and a question its named failure', async () => {
  const said: string[] = [];
  const catalogs: Providers['catalogs'] = {
    use: async () => {
      throw new Error('no such server');
    },
  };
  const providers = { ...bench.providers, catalogs };
  const control = bench.control({ log: (_level, message) => void said.push(message) });
  await recordRun(providers, control, { configPath, run: ended });
  expect(said).toEqual([
    expect.stringContaining('holdfast catalog rebuild') as string,
    expect.stringContaining('holdfast metrics backfill') as string,
  ]);
  const id = await backUp(providers);
  expect(await ids(false)).toContain(id);
  await expect(listRuns(providers, control, { configPath, limit: 5 })).rejects.toMatchObject({
    type: 'CatalogUnavailable',
  });
});

test('runs are noted and listed by host; what is gone from the configuration is forgotten', async () => {
  await recordRun(bench.providers, bench.control(), { configPath, run: ended });
  const { runs } = await listRuns(bench.providers, bench.control(), { configPath, limit: 5, host: 'web1' });
  expect(runs).toEqual([ended]);
  expect(await listRuns(bench.providers, bench.control(), { configPath, limit: 5, host: 'db1' })).toEqual({ runs: [] });
  const before = new Date(Date.now() + 1000).toISOString();
  expect(await forgetCataloged(bench.providers, bench.control(), { configPath, before })).toEqual({ forgotten: 1 });
  expect((await list(true)).backups).toEqual([]);
});
