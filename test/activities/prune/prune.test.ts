import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listArchives } from '../../../src/activities/archive/list-archives.js';
import { pinBackups } from '../../../src/activities/prune/pin-backups.js';
import { previewPrune } from '../../../src/activities/prune/preview-prune.js';
import { recordPrune } from '../../../src/activities/prune/prune-sources.js';
import type { Providers } from '../../../src/activities/activity-control.js';
import { HoldfastError } from '../../../src/core/failures.js';
import { damageKey, manifestKey, pendingKey, pinKey } from '../../../src/core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../../src/providers/storage/object-storage.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { DAY_MS, IDLE, NOW, type PruneBench, RUN, startPruneBench } from '../../support/prune-bench.js';

let bench: PruneBench;
beforeEach(async () => {
  bench = await startPruneBench();
  await bench.configure({ keep: { last: 2 }, grace: '7d' });
});
afterEach(() => bench.stop());

const selection = { hosts: [], sources: [], tags: [] };
const preview = async (nowMs = NOW) => {
  const input = { configPath: bench.configPath, selection, offset: 0, shown: 0, nowMs };
  return previewPrune(bench.providers(), bench.control(), input);
};
const pin = (ids: readonly string[], pinned = true) =>
  pinBackups(bench.providers(), bench.control(), {
    configPath: bench.configPath,
    host: 'web1',
    source: 'data',
    ids,
    pinned,
    reason: 'before the move',
    nowMs: NOW,
    run: RUN,
  });

/** The storage with one call replaced. */
const failing = (change: (storage: ObjectStorage) => Partial<ObjectStorage>): Providers => {
  const real = bench.providers();
  return {
    ...real,
    openStorage: async (destination) => {
      const storage = await real.openStorage(destination);
      const changed = change(storage);
      return new Proxy(storage, {
        get: (target, name) => {
          const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
        },
      });
    },
  };
};

describe('two phases', () => {
  test('what no rule keeps is marked, waits out its grace, and is deleted whole', async () => {
    const [old, middle, newest] = [await bench.backup(9), await bench.backup(5), await bench.backup(1)];
    expect(await bench.prune()).toMatchObject({
      status: 'ok',
      kept: 2,
      marked: 1,
      waiting: 1,
      deleted: 0,
      firstMarked: [old],
    });
    expect(await bench.committed()).toEqual([old, middle, newest]);
    expect(await bench.prune({ nowMs: NOW + 6 * DAY_MS })).toMatchObject({ marked: 0, waiting: 1, deleted: 0 });
    const last = await bench.prune({ nowMs: NOW + 7 * DAY_MS });
    expect(last).toMatchObject({ waiting: 0, deleted: 1, firstDeleted: [old] });
    expect(last.freedBytes).toBeGreaterThan(50);
    expect(await bench.committed()).toEqual([middle, newest]);
    expect((await bench.keys()).filter((key) => key.includes(old))).toEqual([]);
  });

  test('without keep nothing is ever marked', async () => {
    await bench.configure({ grace: '0s' });
    for (let day = 1; day < 9; day += 1) await bench.backup(day * 100);
    expect(await bench.prune()).toMatchObject({ status: 'ok', kept: 8, marked: 0, deleted: 0 });
  });

  test('a mark is taken back when the rules keep the backup again', async () => {
    const [old] = [await bench.backup(9), await bench.backup(5), await bench.backup(1)];
    await bench.prune();
    await bench.configure({ keep: { last: 3 }, grace: '7d' });
    expect(await bench.prune({ nowMs: NOW + 8 * DAY_MS })).toMatchObject({ unmarked: 1, deleted: 0, kept: 3 });
    expect(await bench.keys('.holdfast/pending-delete/')).toEqual([]);
    expect(await bench.committed()).toContain(old);
  });

  test('a chain that a kept backup needs stays; it goes as a whole, newest first', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    const base = await bench.backup(9);
    const one = await bench.backup(8, { parent: base });
    const two = await bench.backup(7, { parent: one });
    expect(await bench.prune()).toMatchObject({ kept: 3, marked: 0 });
    const newest = await bench.backup(1);
    const order: string[] = [];
    const providers = failing((storage) => ({
      remove: async (keys) => {
        order.push(...keys.filter((key) => key.endsWith('manifest.json')));
        await storage.remove(keys);
      },
    }));
    expect(await bench.prune({}, providers)).toMatchObject({ deleted: 3, firstDeleted: [two, one, base] });
    expect(order).toEqual([two, one, base].map((id) => manifestKey('web1', 'data', id)));
    expect(await bench.committed()).toEqual([newest]);
  });

  test('flawed backups push out no good one, and the newest good one never goes', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    const good = await bench.backup(9);
    const damaged = await bench.backup(5);
    await bench.storage.putIfAbsent(damageKey('web1', 'data', damaged), Buffer.from('{}'));
    const flawed = await bench.backup(1, { status: 'warning' });
    expect(await bench.prune()).toMatchObject({ kept: 2, deleted: 1, firstDeleted: [damaged] });
    expect(await bench.committed()).toEqual([good, flawed]);
  });

  test('a manifest edited by one byte keeps its backup and what it may be built on', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    const base = await bench.backup(9);
    const edited = await bench.backup(8, { parent: base });
    await bench.backup(1);
    const key = manifestKey('web1', 'data', edited);
    const text = (await bench.storage.readSmall(key))
      ?.toString()
      .replace('"warning"', '"ok"')
      .replace('"/data"', '"/datA"');
    await bench.storage.remove([key]);
    await bench.storage.putIfAbsent(key, Buffer.from(text ?? ''));
    expect(await bench.prune()).toMatchObject({ kept: 3, deleted: 0 });
    const [source] = (await preview()).sources;
    expect(source?.backups[1]).toMatchObject({ id: edited, status: 'unreadable', why: 'unreadable' });
    expect(source?.backups[2]).toMatchObject({ id: base, why: `needed by ${edited}` });
  });
});

describe('a crash', () => {
  beforeEach(() => bench.configure({ keep: { last: 1 }, grace: '0s' }));
  const crash = (): never => {
    throw new HoldfastError('WorkerLost', 'killed here');
  };

  test('at any moment of a deletion leaves nothing that looks whole and is not, and the next prune ends it', async () => {
    // How many calls the storage answers before the worker dies.
    for (let calls = 0; ; calls += 1) {
      const base = await bench.backup(30 - calls / 100);
      await bench.backup(29 - calls / 100, { parent: base });
      const newest = await bench.backup(1 - calls / 100);
      let left = calls;
      const counted =
        <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
        async (...args: Args): Promise<Result> =>
          left-- > 0 ? work(...args) : crash();
      const providers = failing((storage) => ({
        remove: counted(storage.remove.bind(storage)),
        putIfAbsent: counted(storage.putIfAbsent.bind(storage)),
        size: counted(storage.size.bind(storage)),
      }));
      const died = await bench.prune({ approve: true }, providers).then(
        () => false,
        () => true,
      );
      for (const id of await bench.committed()) {
        const names = (await bench.keys(`web1/data/${id}/`)).map((key) => key.split('/').at(-1));
        expect(names).toEqual(['index-a.jsonl.zst', 'manifest.json', 'shard-00000-a.tar.zst']);
      }
      await bench.prune({ approve: true });
      expect(await bench.committed()).toEqual([newest]);
      expect((await bench.keys()).filter((key) => !key.startsWith(`web1/data/${newest}/`))).toEqual([]);
      await bench.storage.remove(await bench.keys());
      if (!died) return;
      expect(calls).toBeLessThan(100);
    }
  });
});

describe('a prune is held', () => {
  test('when many backups would go at once, and goes on when approved', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    for (let day = 1; day <= 8; day += 1) await bench.backup(day);
    const held = await bench.prune();
    expect(held).toMatchObject({ status: 'held', marked: 0, deleted: 0, failure: { type: 'PruneHeld' } });
    expect(held.failure?.message).toContain('7 of 8 backups would go at once');
    expect(await bench.keys('.holdfast/')).toEqual([]);
    expect(await bench.prune({ approve: true })).toMatchObject({ status: 'ok', deleted: 7 });
  });

  test('not when one old chain goes, as it does in the normal course', async () => {
    await bench.configure({ keep: { last: 2 }, grace: '0s' });
    let parent = await bench.backup(20);
    for (let day = 19; day >= 10; day -= 1) parent = await bench.backup(day, { parent });
    for (let day = 3; day >= 1; day -= 1) await bench.backup(day);
    expect(await bench.prune()).toMatchObject({ status: 'held' });
    await bench.configure({ keep: { last: 3 }, grace: '0s' });
    expect(await bench.prune()).toMatchObject({ status: 'ok', deleted: 11 });
  });

  test('when the clock is behind the newest backup', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    await bench.backup(9);
    await bench.backup(1);
    const held = await bench.prune({ nowMs: NOW - 2 * DAY_MS });
    expect(held).toMatchObject({ status: 'held', deleted: 0 });
    expect(held.failure?.message).toContain('the worker’s clock says 2026-11-19');
  });

  test('when the clock is behind the last prune, until a person approves', async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    await bench.backup(9);
    await bench.backup(5);
    const record = (nowMs: number, approve: boolean) =>
      recordPrune(bench.providers(), bench.control(), {
        configPath: bench.configPath,
        selection,
        destination: 'vault',
        nowMs,
        deleted: 0,
        freedBytes: 0,
        approve,
        run: RUN,
      });
    await record(NOW, false);
    const nowMs = NOW - DAY_MS;
    expect((await bench.prune({ nowMs })).failure?.message).toContain('the last prune was at 2026-11-21T12:00:00');
    expect(await bench.prune({ nowMs, approve: true })).toMatchObject({ deleted: 1 });
    await record(nowMs, true);
    expect(await bench.prune({ nowMs })).toMatchObject({ status: 'ok' });
    expect(await bench.keys('.holdfast/prunes/')).toEqual(['.holdfast/prunes/20261120T120000Z.json']);
  });
});

describe('nothing is deleted', () => {
  let old: string;
  beforeEach(async () => {
    await bench.configure({ keep: { last: 1 }, grace: '0s' });
    [old] = [await bench.backup(9), await bench.backup(1)];
  });

  test('while a restore reads the source, or nobody can say whether one does', async () => {
    const during = (runs: Partial<typeof IDLE>) => bench.prune({}, bench.providers({ runs: { ...IDLE, ...runs } }));
    const reading = await during({ restoring: async () => [{ host: 'web1', source: 'data' }] });
    expect(reading).toMatchObject({ status: 'ok', deleted: 0, waiting: 1 });
    expect(reading.notes).toEqual(['Nothing was deleted: a restore or a drill is reading this source.']);
    expect(await during({ restoring: async () => undefined })).toMatchObject({ deleted: 0 });
    expect(await during({ restoring: async () => [{}] })).toMatchObject({ deleted: 0 });
    expect(await during({ restoring: async () => [{ host: 'web2' }] })).toMatchObject({ deleted: 1 });
  });

  test('of a storage that lets nobody delete: the failure has its name, and the backup is whole', async () => {
    const providers = failing(() => ({
      remove: async () => {
        throw new HoldfastError('DestinationDenied', 'you may not delete');
      },
    }));
    expect(await bench.prune({}, providers)).toMatchObject({
      status: 'failed',
      deleted: 0,
      failure: { type: 'DestinationDenied' },
    });
    expect(await bench.committed()).toContain(old);
    expect(await bench.keys(`web1/data/${old}/`)).toHaveLength(3);
  });

  test('of a storage that says it deleted and did not', async () => {
    const providers = failing(() => ({ remove: async () => undefined }));
    expect(await bench.prune({}, providers)).toMatchObject({
      status: 'failed',
      failure: { type: 'DestinationDenied' },
    });
    expect(await bench.keys(`web1/data/${old}/`)).toHaveLength(3);
  });

  test('that is pinned, with its chain, until it is unpinned', async () => {
    expect(await pin([old])).toEqual({ changed: [old] });
    expect(await pin([old])).toEqual({ changed: [] });
    expect(await bench.prune()).toMatchObject({ kept: 2, marked: 0, deleted: 0 });
    expect(await pin([old], false)).toEqual({ changed: [old] });
    expect(await bench.prune()).toMatchObject({ deleted: 1 });
  });

  test('that somebody pins at the very moment', async () => {
    const providers = failing((storage) => ({
      remove: async (keys) => {
        if (keys.some((key) => key.endsWith('manifest.json')))
          await storage.putIfAbsent(pinKey('web1', 'data', old), Buffer.from('{}'));
        await storage.remove(keys);
      },
    }));
    expect(await bench.prune({}, providers)).toMatchObject({ status: 'ok', deleted: 0 });
    expect(await bench.keys(`web1/data/${old}/`)).toHaveLength(3);
  });
});

test('a pin takes a mark back; what does not exist cannot be pinned', async () => {
  const [old] = [await bench.backup(9), await bench.backup(5), await bench.backup(1)];
  await bench.prune();
  expect(await bench.keys('.holdfast/')).toEqual([pendingKey('web1', 'data', old)]);
  await pin([old]);
  expect(await bench.keys('.holdfast/')).toEqual([pinKey('web1', 'data', old)]);
  await expect(pin(['20200101T000000Z-0'])).rejects.toMatchObject({ type: 'BackupNotFound' });
  await expect(pin(['../../x'])).rejects.toMatchObject({ type: 'UnsafePath' });
  expect(await bench.keys('.holdfast/')).toEqual([pinKey('web1', 'data', old)]);
});

test('the list of backups tells of pins and of deletions to come', async () => {
  const [old, pinned] = [await bench.backup(9), await bench.backup(5), await bench.backup(2), await bench.backup(1)];
  await pin([pinned]);
  await bench.prune();
  const source = sourcePlan({
    name: 'data',
    engine: 'archive',
    destination: { name: 'vault', type: 'local', path: `${bench.directory}/vault` },
  });
  const { backups, failures } = await listArchives(bench.providers(), hostPlan({ sources: [source] }), source, 10);
  expect(failures).toEqual([]);
  expect(backups.find(({ id }) => id === old)?.pendingDeletion).toEqual({ since: new Date(NOW).toISOString() });
  expect(backups.find(({ id }) => id === pinned)?.pinned).toEqual({
    since: new Date(NOW).toISOString(),
    reason: 'before the move',
  });
});

describe('the preview', () => {
  test('shows each backup with what keeps it or why it goes, and says the same as the prune', async () => {
    await bench.configure({ keep: { last: 1, monthly: 2 }, grace: '1d' });
    const ids = [await bench.backup(50), await bench.backup(40), await bench.backup(3), await bench.backup(1)];
    const [source] = (await preview()).sources;
    expect(source?.backups.map(({ id, fate, why }) => [id, fate, why])).toEqual([
      [ids[3], 'stays', 'minimum, last, monthly'],
      [ids[2], 'marked', 'no rule keeps it'],
      [ids[1], 'stays', 'monthly'],
      [ids[0], 'marked', 'no rule keeps it'],
    ]);
    expect(source?.backups[1]?.storedBytes).toBeGreaterThan(50);
    expect(await bench.keys('.holdfast/')).toEqual([]);
    await bench.prune();
    const later = (await preview(NOW + DAY_MS)).sources[0];
    expect(later?.backups.filter(({ fate }) => fate === 'deleted').map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    expect((await bench.prune({ nowMs: NOW + DAY_MS })).firstDeleted).toEqual([ids[2], ids[0]]);
  });

  test('of a source with very many backups comes in pages', async () => {
    for (let number = 0; number < 405; number += 1) await bench.backup(number / 2);
    const first = await preview();
    expect(first.sources[0]?.backups).toHaveLength(400);
    expect(first.next).toEqual({ offset: 0, shown: 400 });
    const input = { configPath: bench.configPath, selection, nowMs: NOW, offset: 0, shown: 400 };
    const second = await previewPrune(bench.providers(), bench.control(), input);
    expect(second.sources[0]?.backups).toHaveLength(5);
    expect(second.next).toBeUndefined();
  });
});
