import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listBackups } from '../../../src/activities/backups.js';
import { planRestore } from '../../../src/activities/restore/plan-restore.js';
import { restoreMirror } from '../../../src/activities/restore/restore-mirror.js';
import { pinSnapshots } from '../../../src/activities/snapshots/pin-snapshots.js';
import { snapshotMirror } from '../../../src/activities/snapshots/snapshot-mirror.js';
import { RandomTree } from '../../support/random-tree.js';
import { RESTORE_RUN, type SnapshotBench, startSnapshotBench } from '../../support/snapshot-bench.js';
import { describeTree, type TreeDescription } from '../../support/tree-oracle.js';

const STATES = 5;

interface State {
  readonly backupId: string;
  readonly snapshot: string;
  readonly tree: TreeDescription;
}

describe.each(['btrfs', 'ext4'] as const)('snapshots of a mirror on %s', (type) => {
  let bench: SnapshotBench;
  const states: State[] = [];
  let number = 0;
  let target: string;
  const into = () => ({ kind: 'local', path: target, machine: 'test' }) as const;
  const state = (at: number): State => states.at(at) as State;
  const restore = (news: Parameters<SnapshotBench['restoreMirror']>[0] = {}) =>
    bench.restoreMirror({ target: into(), ...news });

  beforeAll(async () => {
    bench = await startSnapshotBench(type);
    mkdirSync(join(bench.tree, 'docs/old'), { recursive: true });
    writeFileSync(join(bench.tree, 'docs/old/letter.txt'), 'a letter');
    const tree = new RandomTree(bench.tree, 17);
    tree.grow(60);
    for (let round = 0; round < STATES; round += 1) {
      if (round > 0) tree.change(25);
      mkdirSync(join(bench.tree, 'docs/old'), { recursive: true });
      writeFileSync(join(bench.tree, 'docs/old/letter.txt'), `letter ${round}`);
      const backupId = await bench.backUpMirror();
      const { made, failures } = await bench.snapshot();
      expect(failures).toEqual([]);
      states.push({ backupId, snapshot: made[0]?.name ?? '', tree: await describeTree(bench.paths.mirror) });
    }
    // The mirror has gone on since.
    tree.change(25);
    mkdirSync(join(bench.tree, 'docs/old'), { recursive: true });
    writeFileSync(join(bench.tree, 'docs/old/letter.txt'), 'the last letter');
    await bench.backUpMirror();
  });
  afterAll(() => bench.stop());
  beforeEach(() => {
    target = bench.path(`targets/s${(number += 1)}`);
  });

  test('each come back as the mirror was then, whatever has become of it since', async () => {
    for (const { snapshot, tree, backupId } of states) {
      target = bench.path(`targets/${snapshot}`);
      expect(await restore({ point: { snapshot } }), snapshot).toMatchObject({
        status: 'ok',
        differences: { count: 0 },
      });
      expect(await describeTree(target), snapshot).toEqual(tree);
      const again = await bench.planMirror({ point: { snapshot }, target: into(), delete: true, dryRun: true });
      expect(again).toMatchObject({ backupId, snapshot, spool: '', counts: { create: 0, replace: 0, delete: 0 } });
    }
    expect(new Set(states.map(({ tree }) => JSON.stringify(tree))).size).toBe(STATES);
  });

  test('go to another host, and in part', async () => {
    const { snapshot, tree } = state(1);
    target = bench.path('targets/over-ssh');
    const to = { kind: 'host', host: 'web2', path: target } as const;
    expect(await restore({ point: { snapshot }, target: to })).toMatchObject({ status: 'ok' });
    expect(await describeTree(target)).toEqual(tree);
    target = bench.path('targets/part');
    expect(await restore({ point: { snapshot }, include: ['/docs/old/'] })).toMatchObject({ status: 'ok' });
    expect(readFileSync(join(target, 'docs/old/letter.txt'), 'utf8')).toBe('letter 1');
  });

  test('are points in time: by the backup they hold, and by the time', async () => {
    const { backupId, snapshot } = state(2);
    const plan = (point: Parameters<SnapshotBench['planMirror']>[0]) =>
      bench.planMirror({ target: into(), dryRun: true, ...point });
    expect(await plan({ point: { backupId } })).toMatchObject({ backupId, snapshot });
    expect(await plan({ point: { at: '2026-11-20T05:30:00Z' } })).toMatchObject({ backupId, snapshot });
    expect((await plan({ point: { latest: true } })).from).toBe(bench.paths.mirror);
    await expect(plan({ point: { at: '2026-11-20T02:30:00Z' } })).rejects.toMatchObject({ type: 'BackupNotFound' });
  });

  test('are listed as backups, newest first, with the snapshots that hold them', async () => {
    const selection = { hosts: ['web1'], sources: ['mirrored'], tags: [] };
    const input = { configPath: bench.request().configPath, selection, limit: 4 };
    const { backups, failures } = await listBackups(bench.providers, bench.control(), input);
    expect(failures).toEqual([]);
    expect(backups.map(({ id, snapshots }) => [id, snapshots])).toEqual([
      [expect.any(String), undefined],
      ...[-1, -2, -3].map((at) => [state(at).backupId, [state(at).snapshot]]),
    ]);
  });

  test('an unknown name says which one was probably meant', async () => {
    const snapshot = state(0).snapshot.replace('hourly', 'hourli');
    await expect(restore({ point: { snapshot } })).rejects.toMatchObject({
      type: 'BackupNotFound',
      message: expect.stringContaining(`did you mean "${state(0).snapshot}"?`) as string,
    });
  });

  test('one that a restore reads stays, and goes once it is over', async () => {
    const { snapshot } = state(3);
    const request = bench.request({ source: 'mirrored', target: into(), point: { snapshot } });
    const plan = await planRestore(bench.providers, bench.control(), { request, run: RESTORE_RUN });
    const runs = { isOpen: async () => true as const, restoring: async () => [] };
    const prune = async (remove: readonly string[]) =>
      snapshotMirror({ ...bench.providers, runs }, bench.control(), {
        host: bench.hostPlan(),
        source: bench.mirrorPlan(),
        run: { workflowId: 'host/web1', runId: 'prune' },
        make: [],
        remove,
      });
    expect((await prune([snapshot])).removed.count).toBe(0);
    const report = await restoreMirror(bench.providers, bench.control(), { request, plan, run: RESTORE_RUN });
    expect(report.status).toBe('ok');
    expect((await prune([snapshot])).removed.first).toEqual([snapshot]);
    await expect(restore({ point: { snapshot } })).rejects.toMatchObject({ type: 'BackupNotFound' });
    states.splice(3, 1);
  });

  test('a pinned one stays until it is unpinned', async () => {
    const { snapshot } = state(0);
    const { configPath } = bench.request();
    const run = { workflowId: 'pin/test', runId: 'pin' };
    const of = { configPath, host: 'web1', source: 'mirrored', names: [snapshot], nowMs: Date.now(), run };
    const pin = (pinned: boolean, dryRun = false) =>
      pinSnapshots(bench.providers, bench.control(), { ...of, pinned, dryRun, reason: 'before the move' });
    const runs = { isOpen: async () => false as const, restoring: async () => [] };
    const input = { host: bench.hostPlan(), source: bench.mirrorPlan(), run: { ...run, runId: 'prune' } };
    const prune = () =>
      snapshotMirror({ ...bench.providers, runs }, bench.control(), { ...input, make: [], remove: [snapshot] });
    expect(await pin(true, true)).toEqual({ changed: [snapshot] });
    expect(await pin(true)).toEqual({ changed: [snapshot] });
    expect(await pin(true)).toEqual({ changed: [] });
    expect((await prune()).removed.count).toBe(0);
    await expect(
      pinSnapshots(bench.providers, bench.control(), { ...of, names: ['x'], pinned: true, dryRun: false }),
    ).rejects.toMatchObject({ type: 'BackupNotFound' });
    expect(await pin(false)).toEqual({ changed: [snapshot] });
    expect((await prune()).removed.first).toEqual([snapshot]);
    states.shift();
  });

  describe('that are not what was made are refused', () => {
    const folder = () => bench.paths.snapshotFolder;
    const directory = () => join(folder(), state(0).snapshot);
    const record = () => `${directory()}.json`;
    const refused = async (message: string) => {
      for (const point of [{ snapshot: state(0).snapshot }, { backupId: state(0).backupId }]) {
        await expect(restore({ point }), JSON.stringify(point)).rejects.toMatchObject({
          type: 'BackupDamaged',
          message: expect.stringContaining(message) as string,
        });
      }
    };

    test('without a directory, and with a link in its place', async () => {
      renameSync(directory(), join(folder(), '.aside'));
      await refused('its directory is gone');
      symlinkSync('/etc', directory());
      await refused('a symbolic link');
      rmSync(directory());
      renameSync(join(folder(), '.aside'), directory());
      expect((await restore({ point: { snapshot: state(0).snapshot } })).status).toBe('ok');
    });

    test('with another directory in its place', async () => {
      renameSync(directory(), join(folder(), '.aside'));
      mkdirSync(directory());
      await refused('it is not what was made');
      rmSync(directory(), { recursive: true });
      renameSync(join(folder(), '.aside'), directory());
    });

    test('with a folder of snapshots that is a link', async () => {
      const from = folder();
      renameSync(from, `${from}-aside`);
      symlinkSync(`${from}-aside`, from);
      await refused('leads to');
      rmSync(from);
      renameSync(`${from}-aside`, from);
      expect((await restore({ point: { snapshot: state(0).snapshot } })).status).toBe('ok');
    });

    test('with a record that somebody has edited', async () => {
      const text = readFileSync(record(), 'utf8');
      writeFileSync(record(), text.replace(state(0).backupId, state(-1).backupId));
      await expect(restore({ point: { snapshot: state(0).snapshot } })).rejects.toMatchObject({
        type: 'BackupDamaged',
      });
      writeFileSync(record(), text.replace('"web1"', '"web2"'));
      await expect(restore({ point: { snapshot: state(0).snapshot } })).rejects.toMatchObject({
        type: 'BackupDamaged',
      });
      writeFileSync(record(), '{');
      await expect(restore({ point: { snapshot: state(0).snapshot } })).rejects.toMatchObject({
        type: 'BackupDamaged',
      });
      writeFileSync(record(), text);
      expect((await restore({ point: { snapshot: state(0).snapshot } })).status).toBe('ok');
    });
  });

  test('come back from a disk that is mounted read-only', async () => {
    const { snapshot, tree } = state(0);
    const base = bench.path('mirrors');
    execFileSync('mount', ['-o', 'remount,bind,ro', base]);
    try {
      expect((await restore({ point: { snapshot } })).status).toBe('ok');
      expect(await describeTree(target)).toEqual(tree);
    } finally {
      execFileSync('mount', ['-o', 'remount,bind,rw', base]);
    }
  });

  test('give the last backup while a run changes the mirror, and nothing older unasked', async () => {
    const kept = (await bench.snapshot('manual')).made[0]?.name;
    const last = (await bench.planMirror({ target: into(), dryRun: true })).backupId;
    await bench.beginRun();
    expect(await bench.planMirror({ target: into(), dryRun: true })).toMatchObject({ backupId: last, snapshot: kept });
    await bench.backUpMirror();
    await bench.beginRun();
    await expect(restore()).rejects.toMatchObject({
      type: 'MirrorUnfinished',
      message: expect.stringContaining(`--snapshot ${kept}`) as string,
    });
    expect((await restore({ unfinished: true })).status).toBe('warning');
    await bench.backUpMirror();
  });

  test('one that is removed by hand while it is restored makes the restore fail', async () => {
    const { snapshot } = state(0);
    const request = bench.request({ source: 'mirrored', target: into(), point: { snapshot } });
    const plan = await planRestore(bench.providers, bench.control(), { request, run: RESTORE_RUN });
    const directory = join(bench.paths.snapshotFolder, snapshot);
    if (type === 'btrfs') execFileSync('btrfs', ['subvolume', 'delete', directory]);
    else rmSync(directory, { recursive: true });
    const input = { request, plan, run: RESTORE_RUN };
    await expect(restoreMirror(bench.providers, bench.control(), input)).rejects.toMatchObject({
      type: 'ObjectMissing',
    });
  });
});
