import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TemporalConnection } from '../../../src/client/connection.js';
import { updateRun } from '../../../src/client/runs/update-run.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import type { RunLimit } from '../../../src/core/plan.js';
import { TemporalRunLimits } from '../../../src/workers/temporal-run-limits.js';
import type { FleetBackupResult, HostBackupResult, SetLimits } from '../../../src/workflows/messages.js';
import { limitsQuery, setLimitsUpdate } from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { ARCHIVE_PLAN, recordActivities, type RecordedActivities } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

const containing = (text: string): unknown => expect.stringContaining(text);

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const MIB = 2 ** 20;
const common = {
  configPath: '/etc/holdfast/config.yaml',
  selection: { hosts: [], sources: [], tags: [] },
  options: { dryRun: false, full: false, approve: false },
};
const archiveHost = hostPlan({ sources: [sourcePlan({ engine: 'archive' })] });

/** Work that waits until it is let go. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

const limitsOf = (recorded: RecordedActivities): unknown[] =>
  recorded.of('writeShard').map(({ host }) => host.runLimit?.bytesPerSecond);

describe('a running backup of a host', () => {
  test('gives a new limit to the steps that follow, and tells it to those that ask', async () => {
    const { open, passed } = gate();
    const recorded = recordActivities([archiveHost], {
      planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 4 }),
      writeShard: async () => {
        await passed;
        return { sizeBytes: 1, rawBytes: 1, flaws: 0, reused: false };
      },
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('hostBackup', { ...common, host: 'web1' });
      await recorded.called('writeShard', 2);
      expect(await handle.query(limitsQuery)).toEqual({});
      const set = { limit: { bytesPerSecond: 5 * MIB, sharedBy: handle.workflowId } };
      expect(
        await handle.executeUpdate(setLimitsUpdate, { args: [{ bandwidthLimitBytesPerSecond: 5 * MIB }] }),
      ).toEqual(set);
      expect(await handle.query(limitsQuery)).toEqual(set);
      open();
      expect(await resultOf<HostBackupResult>(handle)).toMatchObject({ status: 'ok' });
    });
    expect(limitsOf(recorded)).toEqual([undefined, undefined, 5 * MIB, 5 * MIB]);
  });

  test.each([
    [{}, 'Say what is to be limited'],
    [{ bandwidthLimitBytesPerSecond: 100 }, '100 bytes per second'],
    [{ bandwidthLimitBytesPerSecond: -1 }, '-1 bytes per second'],
    [{ parallelHosts: 3 }, 'of one host'],
  ] as const)('refuses %j', async (asked: SetLimits, reason) => {
    const { open, passed } = gate();
    const recorded = recordActivities([archiveHost], { planArchive: async () => (await passed, ARCHIVE_PLAN) });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('hostBackup', { ...common, host: 'web1' });
      await recorded.called('planArchive');
      const refused = await handle.executeUpdate(setLimitsUpdate, { args: [asked] }).catch((error: unknown) => error);
      expect((refused as { cause?: unknown }).cause).toMatchObject({
        type: 'LimitRefused',
        message: containing(reason),
      });
      open();
      await resultOf(handle);
    });
  });
});

/** What a client and a worker of a deployment do with it. */
describe('from outside', () => {
  test('a change reaches the worker’s transfers, and clients are told when there is no such run', async () => {
    const { open, passed } = gate();
    const recorded = recordActivities([archiveHost], { planArchive: async () => (await passed, ARCHIVE_PLAN) });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const { client, nativeConnection } = temporal.environment;
      const connection = { client } as unknown as TemporalConnection;
      const handle = await start('hostBackup', { ...common, host: 'web1' });
      const { workflowId } = handle;
      await recorded.called('planArchive');
      const { runId } = await client.workflow.getHandle(workflowId).describe();
      const limits = new TemporalRunLimits(nativeConnection, 'default');
      let stop: () => void = () => undefined;
      const heard = new Promise<RunLimit>((resolve) => {
        stop = limits.watch({ workflowId, runId }, (limit) => limit && resolve(limit));
      });
      await updateRun(connection, workflowId, setLimitsUpdate, { bandwidthLimitBytesPerSecond: MIB });
      expect(await heard).toEqual({ bytesPerSecond: MIB, sharedBy: workflowId });
      stop();
      await expect(updateRun(connection, workflowId, setLimitsUpdate, { parallelHosts: 2 })).rejects.toMatchObject({
        type: 'LimitRefused',
        message: containing('of one host'),
      });
      await expect(updateRun(connection, 'host/none', setLimitsUpdate, {})).rejects.toMatchObject({
        type: 'RunNotFound',
      });
      open();
      await resultOf(handle);
    });
  });
});

describe('a running backup of many hosts', () => {
  const hosts = ['web1', 'web2', 'web3', 'web4'].map((name) => hostPlan({ name, sources: archiveHost.sources }));

  test('hands a limit to hosts at work and to those that follow, who share it; and takes it back', async () => {
    const { open, passed } = gate();
    const recorded = recordActivities(hosts.slice(0, 2), {
      planArchive: async ({ host }) => {
        if (host.name === 'web1') await passed;
        return { ...ARCHIVE_PLAN, shards: 1 };
      },
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('fleetBackup', { ...common, plan: 'nightly', parallelHosts: 1 });
      await recorded.called('planArchive');
      await handle.executeUpdate(setLimitsUpdate, { args: [{ bandwidthLimitBytesPerSecond: 'none' }] });
      await handle.executeUpdate(setLimitsUpdate, { args: [{ bandwidthLimitBytesPerSecond: MIB }] });
      open();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok' });
      expect(recorded.of('writeShard').map(({ host }) => [host.name, host.runLimit])).toEqual([
        ['web1', { bytesPerSecond: MIB, sharedBy: handle.workflowId }],
        ['web2', { bytesPerSecond: MIB, sharedBy: handle.workflowId }],
      ]);
    });
  });

  test('begins more hosts at once when it is told to', async () => {
    const { open, passed } = gate();
    const recorded = recordActivities(hosts, {
      planArchive: async () => (await passed, { ...ARCHIVE_PLAN, shards: 1 }),
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('fleetBackup', { ...common, plan: 'nightly', parallelHosts: 1 });
      await recorded.called('planArchive');
      await handle.executeUpdate(setLimitsUpdate, { args: [{ parallelHosts: 3 }] });
      await recorded.called('planArchive', 3);
      open();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 4 } });
    });
  });

  test('lets fewer hosts work when it is told to, once those at work have ended', async () => {
    const first = gate();
    const rest = gate();
    let planned = 0;
    const recorded = recordActivities(hosts, {
      planArchive: async () => {
        await (++planned <= 2 ? first : rest).passed;
        return { ...ARCHIVE_PLAN, shards: 1 };
      },
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('fleetBackup', { ...common, plan: 'nightly', parallelHosts: 2 });
      await recorded.called('planArchive', 2);
      await handle.executeUpdate(setLimitsUpdate, { args: [{ parallelHosts: 1 }] });
      first.open();
      await recorded.called('commitArchive', 2);
      await recorded.called('planArchive', 3);
      expect(recorded.of('planArchive')).toHaveLength(3);
      rest.open();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 4 } });
    });
  });
});
