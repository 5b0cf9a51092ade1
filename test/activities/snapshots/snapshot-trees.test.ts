import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RandomTree } from '../../support/random-tree.js';
import { DAY_MS, NOON_MS, startSnapshotFixture, treeAt, type SnapshotFixture } from './fixture.js';

const ROUNDS = 4;

describe.each([
  ['btrfs', false, 'btrfs'],
  ['btrfs', true, 'reflink'],
  ['xfs', false, 'reflink'],
  ['ext4', false, 'hardlink'],
] as const)('on %s (plain directory: %s)', (type, plain, method) => {
  let fixture: SnapshotFixture;
  let tree: RandomTree;

  beforeAll(async () => {
    fixture = await startSnapshotFixture(type, plain);
    tree = new RandomTree(fixture.paths.mirror, 4711);
    tree.grow(40);
  }, 60_000);
  afterAll(() => fixture.stop());

  test('each snapshot is what the mirror was, whatever later runs change in it', async () => {
    const remembered = new Map<string, unknown>();
    for (let day = 0; day < ROUNDS; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      const was = await treeAt(fixture.paths.mirror);
      const result = await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 50 }] } });
      expect(result.failures).toEqual([]);
      expect(result.made).toMatchObject([{ kind: 'daily', method, status: 'ok' }]);
      for (const { name } of result.made) remembered.set(name, was);
      tree.change(40);
    }
    expect(remembered.size).toBe(ROUNDS);
    for (const [name, was] of remembered) expect(await treeAt(join(fixture.folder, name)), name).toEqual(was);
    expect(await fixture.read()).toMatchObject({ problems: [], leftovers: [] });
  }, 120_000);

  test('rsync with --checksum finds nothing that differs from the mirror', async () => {
    await fixture.commit(NOON_MS + 10 * DAY_MS);
    const { made } = await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 50 }] } });
    const words = ['-naHAXX', '-i', '--checksum', '--delete', '--numeric-ids', '--modify-window=-1'];
    const snapshot = join(fixture.folder, made[0]?.name ?? 'none');
    expect(execFileSync('rsync', [...words, `${fixture.paths.mirror}/`, `${snapshot}/`]).toString('latin1')).toBe('');
  });

  test('surplus ones go, the newest stay', async () => {
    for (let day = 11; day < 14; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      await fixture.step();
    }
    expect(await fixture.names()).toEqual([
      '20261204T120000Z-daily',
      '20261203T120000Z-daily',
      '20261202T120000Z-daily',
    ]);
    expect(await readdir(fixture.folder)).toHaveLength(6);
  }, 60_000);
});
