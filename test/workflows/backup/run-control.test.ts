import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan } from '../../../src/core/plan.js';
import {
  hostWaitsSignal,
  pauseRunSignal,
  resumeRunSignal,
  retryHostUpdate,
  skipHostUpdate,
  type FleetBackupInput,
  type FleetBackupResult,
  type FleetProgress,
} from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import { MIRROR_LOOK, recordActivities, STATISTICS, untilCancelled } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const BOB = { by: 'bob@desk' };

const input = (news: Partial<FleetBackupInput> = {}): FleetBackupInput => ({
  configPath: '/etc/holdfast/config.yaml',
  plan: 'nightly',
  selection: { hosts: [], sources: [], tags: [] },
  options: { dryRun: false, full: false, approve: false },
  parallelHosts: 1,
  ...news,
});

/** Host names are Workflow IDs: each test has its own. */
function fleet(count: number, news: Partial<HostPlan> = {}): readonly HostPlan[] {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, index) => hostPlan({ name: `${run}-${index}`, ...news }));
}

/** Work that waits until it is let go. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

const progressOf = (handle: WorkflowHandle): Promise<FleetProgress> => handle.query<FleetProgress>('progress');

async function until(handle: WorkflowHandle, isSo: (progress: FleetProgress) => boolean): Promise<FleetProgress> {
  for (;;) {
    const progress = await progressOf(handle);
    if (isSo(progress)) return progress;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const refusalOf = async (update: Promise<unknown>): Promise<unknown> =>
  ((await update.catch((error: unknown) => error)) as { readonly cause?: unknown }).cause;

const refusedBecause = (message: string): object =>
  expect.objectContaining({ type: 'RunControlRefused', message: expect.stringContaining(message) as string }) as object;

describe('a paused run', () => {
  test('begins no more hosts, lets the one at work end, and goes on when it is resumed', async () => {
    const { open, passed } = gate();
    const hosts = fleet(3);
    const { activities, called, of } = recordActivities(hosts, {
      inspectMirror: async () => (await passed, MIRROR_LOOK),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await called('inspectMirror');
      await handle.signal(pauseRunSignal, { ...BOB, reason: 'the network is needed' });
      open();
      const progress = await until(handle, ({ hostsDone }) => hostsDone === 1);
      expect(progress).toMatchObject({ paused: { ...BOB, reason: 'the network is needed' }, running: [] });
      expect(of('loadHost')).toHaveLength(1);
      await handle.signal(resumeRunSignal, BOB);
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'ok', counts: { ok: 3 } });
      expect(result.notes).toEqual([
        'Paused by bob@desk (the network is needed); hosts at work went on.',
        'Resumed by bob@desk.',
      ]);
    });
  });

  test('is paused in the next execution too, and can be cancelled', async () => {
    const control = { paused: { ...BOB, sinceMs: 1 }, skips: [], holds: [], again: [] };
    const { activities, of } = recordActivities(fleet(2));
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input({ control }));
      await until(handle, ({ hostsTotal }) => hostsTotal === 2);
      expect((await progressOf(handle)).paused).toEqual(control.paused);
      await handle.cancel();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'cancelled', hostsTotal: 2 });
      expect(of('loadHost')).toEqual([]);
    });
  });
});

describe('a skipped host', () => {
  test('is not begun, or cancelled with its post scripts run; the others are backed up', async () => {
    const hosts = fleet(3, { sources: [sourcePlan({ postScript: scriptPlan('thaw') })] });
    const [atWork = '', next = ''] = hosts.map(({ name }) => name);
    const { activities, called, of } = recordActivities(hosts, {
      syncMirror: async ({ host }) => {
        if (host.name === atWork) return untilCancelled();
        return { statistics: STATISTICS, exitCode: 0, flaws: { count: 0, first: [] } };
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await called('syncMirror');
      const asked = { ...BOB, reason: 'being moved', hosts: [next, atWork, 'elsewhere'] };
      expect(await handle.executeUpdate(skipHostUpdate, { args: [asked] })).toEqual({ hosts: asked.hosts });
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'skipped', counts: { skipped: 2, ok: 1 } });
      for (const name of [atWork, next]) {
        const failure = { type: 'HostSkipped', message: 'Skipped by bob@desk (being moved).' };
        expect(result.hosts.find(({ host }) => host === name)).toMatchObject({ status: 'skipped', failure });
      }
      expect(of('runScript').map(({ host, status }) => [host.name, status])).toContainEqual([atWork, 'cancelled']);
      expect(of('loadHost').map(({ host }) => host)).not.toContain(next);
      expect(result.notes).toEqual(['elsewhere was to be skipped, but it is not in this run.']);
    });
  });
});

describe('a host that failed', () => {
  test('is backed up again in the same run, and counted once, as it ended at last', async () => {
    const { open, passed } = gate();
    const hosts = fleet(3);
    const [broken = '', good = '', slow = ''] = hosts.map(({ name }) => name);
    let fails = true;
    const { activities, called } = recordActivities(hosts, {
      syncMirror: async ({ host }) => {
        if (host.name === broken && fails) throw new HoldfastError('DestinationFull', 'no space left in vault');
        if (host.name === slow) await passed;
        return { statistics: STATISTICS, exitCode: 0, flaws: { count: 0, first: [] } };
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const retry = (...names: string[]) => handle.executeUpdate(retryHostUpdate, { args: [{ ...BOB, hosts: names }] });
      const handle = await start('fleetBackup', input({ parallelHosts: 2 }));
      await called('syncMirror', 3);
      await until(handle, ({ hostsDone }) => hostsDone === 2);
      expect((await progressOf(handle)).counts).toMatchObject({ failed: 1, ok: 1 });
      expect(await refusalOf(retry(slow))).toEqual(refusedBecause('is at work'));
      expect(await refusalOf(retry(good))).toEqual(refusedBecause('has ended ok'));
      expect(await refusalOf(retry('elsewhere'))).toEqual(refusedBecause('has not ended yet'));
      expect(await refusalOf(retry())).toEqual(refusedBecause('Name 1 to 500 hosts'));
      const skipped = handle.executeUpdate(skipHostUpdate, { args: [{ ...BOB, hosts: [broken] }] });
      expect(await refusalOf(skipped)).toEqual(refusedBecause('has ended already (failed)'));
      fails = false;
      await retry(broken);
      await until(handle, ({ counts }) => counts.ok === 2);
      open();
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'ok', counts: { ok: 3, failed: 0 }, hostsTotal: 3, backupsMade: 3 });
      expect(result.hosts).toHaveLength(3);
      expect(result.notes).toEqual([`${broken}: backed up again, by bob@desk`]);
    });
  });
});

test('a host that only waits frees its lane, and takes it back', async () => {
  const gates = [gate(), gate(), gate()];
  const hosts = fleet(3);
  const index = (name: string): number => hosts.findIndex((one) => one.name === name);
  const { activities, called, of } = recordActivities(hosts, {
    inspectMirror: async ({ host }) => (await gates[index(host.name)]?.passed, MIRROR_LOOK),
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('fleetBackup', input());
    await called('inspectMirror');
    const first = hosts[0]?.name ?? '';
    await handle.signal(hostWaitsSignal, { host: first, waiting: true });
    await called('inspectMirror', 2);
    await handle.signal(hostWaitsSignal, { host: first, waiting: false });
    gates[1]?.open();
    await until(handle, ({ counts }) => counts.ok === 1);
    expect(of('loadHost')).toHaveLength(2);
    gates[0]?.open();
    gates[2]?.open();
    expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 3 } });
  });
});
