import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import { planRestore } from '../../../src/activities/restore/plan-restore.js';
import { restoreMirror } from '../../../src/activities/restore/restore-mirror.js';
import type { EntryFilters } from '../../../src/core/filters/entry-filters.js';
import { CACHE_SIGNATURE } from '../../../src/core/filters/entry-filters.js';
import { copyTree, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';

const FILTERS: EntryFilters = {
  excludeIfPresent: ['.nobackup'],
  excludeCaches: true,
  maxFileSizeBytes: 100,
  newerThanMs: 30 * 86_400_000,
};
const IN_CONFIG = 'exclude_if_present: [.nobackup], exclude_caches: true, max_file_size: 100, newer_than: 30d';

let bench: RestoreBench;
let target: string;
let number = 0;

const put = (root: string, name: string, content = name): void => {
  mkdirSync(join(root, dirname(name)), { recursive: true });
  writeFileSync(join(root, name), content);
};
const makeOld = (file: string): void => {
  const then = Date.now() / 1000 - 40 * 86_400;
  utimesSync(file, then, then);
};

/** A tree of which each filter leaves something out, and its exact copy as the target, with things that were made since. */
beforeAll(async () => {
  bench = await startRestoreBench();
  const { tree } = bench;
  for (const name of [
    'kept',
    'd/kept',
    'work/.nobackup',
    'work/scratch/x',
    'unmarked/.nobackup',
    'unmarked/y',
    'old/a',
  ])
    put(tree, name);
  put(tree, 'cache/CACHEDIR.TAG', CACHE_SIGNATURE);
  put(tree, 'cache/x');
  put(tree, 'd/large', 'x'.repeat(101));
  makeOld(join(tree, 'old/a'));
});
afterAll(() => bench.stop());

beforeEach(() => {
  target = bench.path(`targets/l${(number += 1)}`);
  copyTree(bench.tree, target);
  rmSync(join(target, 'unmarked/.nobackup'));
  rmSync(join(target, 'kept'));
  for (const name of ['new/file', 'new/deep/file', 'd/new']) put(target, name);
  put(target, 'media/film', 'x'.repeat(500));
});

const expectExactButForTheLeftOut = (): void => {
  const left = ['work/scratch/x', 'unmarked/y', 'old/a', 'cache/x', 'd/large', 'media/film'];
  expect(left.filter((name) => existsSync(join(target, name)))).toEqual(left);
  expect(['kept', 'unmarked/.nobackup'].filter((name) => !existsSync(join(target, name)))).toEqual([]);
  expect(['new', 'd/new'].filter((name) => existsSync(join(target, name)))).toEqual([]);
};

describe('a restore with --delete takes nothing that the filters of the backup may have left out', () => {
  test('of an archive', async () => {
    await bench.backUp({ source: { filters: FILTERS } });
    const into = { kind: 'local', path: target, machine: 'test' } as const;
    const { plan, report } = await bench.restore({ target: into, delete: true });
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    // new, new/deep with a file each, and d/new.
    expect(plan.counts.delete).toBe(5);
    expectExactButForTheLeftOut();
    const again = await bench.planRestore({ target: into, delete: true, dryRun: true });
    expect(again.counts).toMatchObject({ create: 0, delete: 0 });
  });

  test('of an archive, and refuses to replace a directory that holds such', async () => {
    put(bench.tree, 'turned');
    await bench.backUp({ source: { filters: FILTERS } });
    rmSync(join(bench.tree, 'turned'));
    put(target, 'turned/large', 'x'.repeat(500));
    const into = { kind: 'local', path: target, machine: 'test' } as const;
    await expect(bench.restore({ target: into, delete: true })).rejects.toMatchObject({
      type: 'RestoreTargetInvalid',
      message: expect.stringContaining(
        '"turned" is a directory with entries that the backup’s filters leave out',
      ) as string,
    });
    expect(existsSync(join(target, 'turned/large'))).toBe(true);
  });

  test('of a mirror', async () => {
    const config = bench.path('config.yaml');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('dest_subdir: mirrored,', `dest_subdir: mirrored, ${IN_CONFIG},`));
    const destination = { name: 'mirrors', type: 'local', path: bench.path('mirrors') } as const;
    const source = bench.source({ name: 'mirrored', engine: 'mirror', destination, filters: FILTERS });
    const input = { host: bench.hostPlan(), source, run: { workflowId: 'host/web1', runId: 'run-1' } };
    const outcome = await syncMirror(bench.providers, bench.control(), input);
    await commitMirror(bench.providers, bench.control(), { ...input, outcome, startedAtMs: Date.now() });
    const request = bench.request({
      source: 'mirrored',
      target: { kind: 'local', path: target, machine: 'test' },
      delete: true,
    });
    const run = { workflowId: 'restore/web1/mirrored/test', runId: 'run-1' };
    const plan = await planRestore(bench.providers, bench.control(), { request, run });
    expect(plan.counts.delete).toBe(5);
    const report = await restoreMirror(bench.providers, bench.control(), { request, plan, run });
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expectExactButForTheLeftOut();
  });
});
