import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Providers } from '../../../src/activities/activity-control.js';
import { mirrorPathsOf } from '../../../src/activities/mirror/mirror-paths.js';
import { findSizes } from '../../../src/activities/sizes/find-sizes.js';
import { listSizes } from '../../../src/activities/sizes/list-sizes.js';
import { measureSize } from '../../../src/activities/sizes/measure-size.js';
import { directoryOf, recordOf } from '../../../src/activities/snapshots/snapshot-paths.js';
import type { SizeRecord } from '../../../src/core/history/records.js';
import type { SizeTarget } from '../../../src/core/sizes/sizes.js';
import { manifestKey } from '../../../src/core/archive/manifest-keys.js';
import { NOON, sizeRecord } from '../../support/noted-records.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { type PruneBench, startPruneBench } from '../../support/prune-bench.js';

/** A host with archives and a mirror with snapshots, and the catalog in a file. */
let bench: PruneBench;
let providers: Providers;
const host = hostPlan({ name: 'web1' });
const base = (): string => join(bench.directory, 'mirrors');
const vault = () => ({ name: 'vault', type: 'local', path: join(bench.directory, 'vault') }) as const;
const archives = () => sourcePlan({ name: 'data', engine: 'archive', destination: vault() });
const mirror = () => sourcePlan({ name: 'var/www', destination: { name: 'backup_base', type: 'local', path: base() } });
const find = (source = mirror()) => findSizes(providers, bench.control(), { host, source });
const measure = (target: SizeTarget, source = mirror(), limitMs = 60_000) =>
  measureSize(providers, bench.control(), { host, source, ...target, limitMs });
const list = async (offset = 0, limit = 100) => {
  const selection = { hosts: [], sources: [], tags: [] };
  return listSizes(providers, bench.control(), { configPath: bench.configPath, selection, offset, limit });
};

const MIRROR: SizeTarget = { kind: 'mirror', name: '' };
const ARCHIVES: SizeTarget = { kind: 'archive', name: '' };
const OLD = '20261120T020000Z-daily';
const NEW = '20261121T020000Z-daily';

async function makeSnapshot(name: string, bytes: number): Promise<void> {
  const { snapshotFolder } = mirrorPathsOf(host, mirror());
  await mkdir(directoryOf(snapshotFolder, name), { recursive: true });
  await writeFile(join(directoryOf(snapshotFolder, name), 'file'), Buffer.alloc(bytes, 1));
  await writeFile(recordOf(snapshotFolder, name), '{}');
}

beforeAll(async () => {
  bench = await startPruneBench();
  providers = bench.providers();
  await mkdir(base());
  await writeFile(
    bench.configPath,
    stringify({
      config: { backup_base: base() },
      destinations: { vault: { type: 'local', path: vault().path } },
      hosts: {
        web1: {
          paths: [
            { path: '/var/www', dest_subdir: 'var/www' },
            { path: '/data', dest_subdir: 'data', engine: 'archive', destination: 'vault' },
          ],
        },
      },
    }),
  );
});
afterAll(() => bench.stop());

test('a source without a mirror has nothing to measure, and nothing is known', async () => {
  expect(await find()).toEqual({ targets: [], leftOut: 0 });
  expect(await measure(MIRROR)).toEqual({});
  expect(await list()).toEqual({ sizes: [], total: 0 });
});

test('the mirror and its recorded snapshots are found, newest first; the rest of their folder is not', async () => {
  const { mirror: path, snapshotFolder } = mirrorPathsOf(host, mirror());
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'file'), Buffer.alloc(500_000, 1));
  await makeSnapshot(OLD, 200_000);
  await makeSnapshot(NEW, 300_000);
  await mkdir(join(snapshotFolder, '20261122T020000Z-daily'));
  await mkdir(join(snapshotFolder, 'somebody else’s'));
  expect(await find()).toEqual({
    targets: [MIRROR, { kind: 'snapshot', name: NEW }, { kind: 'snapshot', name: OLD }],
    leftOut: 0,
  });
});

test('each figure is known as soon as it is measured, and replaced by the next', async () => {
  const { size } = await measure(MIRROR);
  expect(size).toMatchObject({
    host: 'web1',
    source: 'var/www',
    kind: 'mirror',
    destination: 'backup_base',
    complete: true,
  });
  expect(size?.totalBytes).toBeGreaterThanOrEqual(500_000);
  expect(await list()).toEqual({ sizes: [size], total: 1 });
  await measure({ kind: 'snapshot', name: OLD });
  await measure({ kind: 'snapshot', name: NEW });
  const again = await measure(MIRROR);
  const known = await list();
  expect(known.sizes[0]).toEqual(again.size);
  expect(known.sizes.map(({ kind, name }) => [kind, name])).toEqual([
    ['mirror', ''],
    ['snapshot', NEW],
    ['snapshot', OLD],
  ]);
  expect((await list(1, 1)).sizes).toEqual([known.sizes[1]]);
});

test('what was removed since is forgotten with the next look', async () => {
  const { snapshotFolder } = mirrorPathsOf(host, mirror());
  await rm(recordOf(snapshotFolder, OLD));
  await rm(directoryOf(snapshotFolder, OLD), { recursive: true });
  expect(await measure({ kind: 'snapshot', name: OLD })).toEqual({});
  await find();
  expect((await list()).sizes.map(({ name }) => name)).toEqual(['', NEW]);
});

test('a destination that is not mounted is a failure, and what was known of it stays', async () => {
  const away = sourcePlan({ name: 'var/www', destination: { name: 'backup_base', type: 'local', path: '/nowhere' } });
  await expect(find(away)).rejects.toMatchObject({ type: 'DestinationNotFound' });
  expect((await list()).total).toBe(2);
});

test('archives have what their manifests say; one that is damaged makes the figure partial', async () => {
  expect(await find(archives())).toEqual({ targets: [ARCHIVES], leftOut: 0 });
  await bench.backup(3);
  const id = await bench.backup(2);
  await bench.backup(1);
  const stored = (await measure(ARCHIVES, archives())).size;
  const oneBackup = (stored?.totalBytes ?? 0) / 3;
  expect(stored).toMatchObject({ backups: 3, complete: true, remarks: [] });
  expect(oneBackup).toBeGreaterThan(0);

  const file = join(vault().path, manifestKey('web1', 'data', id));
  await rm(file);
  await writeFile(file, 'not a manifest');
  const { size } = await measure(ARCHIVES, archives());
  expect(size).toMatchObject({ totalBytes: 2 * oneBackup, backups: 2, complete: false });
  expect(size?.remarks[0]).toContain(id);
});

test('archives that are not read in time are partial', async () => {
  const { size } = await measure(ARCHIVES, archives(), 0);
  expect(size).toMatchObject({ totalBytes: 0, backups: 0, complete: false });
  expect(size?.remarks[0]).toContain('the 3 oldest');
});

test('a catalog that cannot be written keeps nothing from being measured, and says so in the log', async () => {
  const broken: Providers = {
    ...providers,
    catalogs: {
      use: async () => {
        throw new Error('no such disk');
      },
    },
  };
  const logged: string[] = [];
  const control = { ...bench.control(), log: (_level: string, message: string) => void logged.push(message) };
  const { size } = await measureSize(broken, control, { host, source: mirror(), ...MIRROR, limitMs: 60_000 });
  expect(size?.complete).toBe(true);
  expect(logged).toHaveLength(1);
});

test('kinds of which history still counts some, and there are none any more, are named until history knows', async () => {
  const removed = sourcePlan({ ...mirror(), name: 'var/removed' });
  const note = (...counts: readonly (readonly [SizeRecord['of'], number])[]) =>
    providers.catalogs.use(undefined, ({ history }) =>
      history.note(
        counts.map(([of, count]) =>
          sizeRecord({ source: removed.name, destination: 'backup_base', of, count, atMs: (atMs += 1) }),
        ),
        { configPath: bench.configPath, send: false },
      ),
    );
  let atMs = NOON;
  expect(await find(removed)).toEqual({ targets: [], leftOut: 0 });
  // One of another engine lies where it is not looked for now.
  await note(['mirror', 1], ['snapshot', 3], ['archive', 2]);
  for (let times = 0; times < 2; times += 1)
    expect(await find(removed)).toEqual({ targets: [], leftOut: 0, gone: ['mirror', 'snapshot'] });
  await note(['mirror', 0], ['snapshot', 0]);
  expect(await find(removed)).toEqual({ targets: [], leftOut: 0 });
});
