import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DAY_MS, NOON_MS, startSnapshotFixture, treeAt } from './fixture.js';

test('a hundred snapshots on BTRFS: made, kept at a hundred, and all but three rotated away when the rule says so', async () => {
  const fixture = await startSnapshotFixture('btrfs');
  try {
    const hundred = { rules: [{ kind: 'daily', count: 100 }] };
    const remembered = new Map<string, unknown>();
    for (let day = 0; day < 103; day += 1) {
      await writeFile(join(fixture.paths.mirror, 'file'), `day ${day}`);
      await fixture.commit(NOON_MS + day * DAY_MS);
      if (day > 99) remembered.set(new Date(NOON_MS + day * DAY_MS).toISOString(), await treeAt(fixture.paths.mirror));
      const { made, failures } = await fixture.step({ snapshots: hundred });
      expect([made.length, failures]).toEqual([1, []]);
    }
    const { snapshots, problems } = await fixture.read();
    expect([snapshots.length, problems]).toEqual([100, []]);
    expect(snapshots.at(-1)?.name).toBe('20261124T120000Z-daily');

    const { removed, kept } = await fixture.step({
      snapshots: { rules: [{ kind: 'daily', count: 3 }] },
      remove: 'surplus',
    });
    expect([removed.count, kept]).toEqual([97, 3]);
    for (const { timeMs, directory } of (await fixture.read()).snapshots)
      expect(await treeAt(directory)).toEqual(remembered.get(new Date(timeMs).toISOString()));
  } finally {
    await fixture.stop();
  }
}, 300_000);
