import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan } from '../../../src/core/plan.js';
import type {
  FleetBackupInput,
  FleetBackupResult,
  FleetProgress,
  HostBackupResult,
} from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import { recordActivities, STATISTICS, untilCancelled } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(async () => {
  await temporal.stop();
});

/** Host names are Workflow IDs: each test has its own. */
function fleet(count: number, news: Partial<HostPlan> = {}): readonly HostPlan[] {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, index) => hostPlan({ name: `${run}-${index}`, ...news }));
}

const input = (news: Partial<FleetBackupInput> = {}): FleetBackupInput => ({
  configPath: '/etc/holdfast/config.yaml',
  plan: 'nightly',
  selection: { hosts: [], sources: [], tags: [] },
  options: { dryRun: false, full: false, approve: false },
  parallelHosts: 4,
  ...news,
});

const lastOf = (name: string): string => name.slice(name.lastIndexOf('-') + 1);

describe('a fleet', () => {
  test('is backed up host by host, and the result counts and names them all', async () => {
    const hosts = fleet(5);
    const { activities, of } = recordActivities(hosts);
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(of('commitMirror')).toHaveLength(5);
      expect(result).toMatchObject({
        status: 'ok',
        hostsTotal: 5,
        counts: { ok: 5, failed: 0 },
        backupsMade: 5,
        storedBytes: 250_000,
        plan: 'nightly',
      });
      expect(result.hosts.map(({ host }) => host)).toEqual(hosts.map(({ name }) => name));
      expect(result.hosts[0]).toMatchObject({
        workflowId: `host/${hosts[0]?.name}`,
        runId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        sources: [{ source: 'www', status: 'ok', backupId: '20261121T020000Z-0' }],
      });
      // As the catalog's columns are, and no more of what hosts did.
      expect(of('recordRun').map(({ run }) => run.hosts)).toEqual([
        hosts.map(({ name }) => ({ host: name, status: 'ok' })),
      ]);
    });
  });

  test('where one host fails backs up the others, fails as a whole, and says of which host', async () => {
    const { activities } = recordActivities(fleet(4), {
      syncMirror: async ({ host }) => {
        if (lastOf(host.name) === '2') throw new HoldfastError('DestinationFull', 'no space left in vault');
        return { statistics: STATISTICS, exitCode: 0, flaws: { count: 0, first: [] } };
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'DestinationFull', message: expect.stringMatching(/-2: no space left in vault$/) as string },
      });
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'failed', counts: { ok: 3, failed: 1 } });
      expect(result.hosts[0]).toMatchObject({ status: 'failed', sources: [{ failure: { type: 'DestinationFull' } }] });
    });
  });

  test('never has more hosts at work than asked for, and as many', async () => {
    let inFlight = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const threeAtOnce = new Promise<void>((resolve) => (release = resolve));
    const { activities } = recordActivities(fleet(9), {
      inspectMirror: async () => {
        most = Math.max(most, ++inFlight);
        if (inFlight === 3) release();
        await threeAtOnce;
        inFlight--;
        throw new HoldfastError('SourceHeld', 'enough for this test');
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input({ parallelHosts: 3 })));
      expect(result.counts.held).toBe(9);
      expect(most).toBe(3);
    });
  });

  test('skips a host that another run is at work on, and leaves that run alone', async () => {
    const hosts = fleet(2);
    const busy = hosts[0]?.name ?? '';
    const { activities, called } = recordActivities(hosts, {
      inspectMirror: async ({ host }) => {
        if (host.name === busy) return untilCancelled();
        throw new HoldfastError('SourceHeld', 'enough for this test');
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const { configPath, selection, options } = input();
      const other = await start('hostBackup', { configPath, host: busy, selection, options }, `host/${busy}`);
      await called('inspectMirror');
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(result.hosts.find(({ host }) => host === busy)).toMatchObject({
        status: 'skipped',
        failure: { type: 'Busy' },
      });
      expect(result.counts).toMatchObject({ skipped: 1, held: 1 });
      expect((await other.describe()).status.name).toBe('RUNNING');
      await other.cancel();
      await resultOf(other);
    });
  });

  test('whose host somebody cancels by hand goes on with the others, and is not shown as well done', async () => {
    const hosts = fleet(2);
    const { activities, called } = recordActivities(hosts, {
      syncMirror: async ({ host }) => {
        if (lastOf(host.name) === '0') return untilCancelled();
        return { statistics: STATISTICS, exitCode: 0, flaws: { count: 0, first: [] } };
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await called('syncMirror', 2);
      await temporal.environment.client.workflow.getHandle(`host/${hosts[0]?.name}`).cancel();
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'cancelled', counts: { ok: 1, cancelled: 1 } });
      expect((await handle.describe()).status.name).toBe('FAILED');
    });
  });

  test('skips an unreachable host and backs up the rest', async () => {
    const { activities } = recordActivities(fleet(2), {
      probeHost: async ({ host }) => {
        if (lastOf(host.name) === '0') throw new HoldfastError('HostUnreachable', 'no answer on port 22');
        return { tools: {}, clockSkewMs: 0, roundTripMs: 1, sources: [{ source: 'www', state: 'directory' }] };
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(result).toMatchObject({ status: 'skipped', counts: { skipped: 1, ok: 1 } });
      expect(result.hosts[0]?.failure).toMatchObject({ type: 'HostUnreachable' });
    });
  });

  test('continues as a new execution when its history has grown, and loses no host and no count', async () => {
    const hosts = fleet(25);
    const { activities, of } = recordActivities(hosts, {
      listHosts: async ({ offset }) => ({
        hosts: hosts.slice(offset, offset + 5).map(({ name }) => name),
        total: hosts.length,
        notes: ['snapshots are not made yet'],
      }),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      const result = await resultOf<FleetBackupResult>(handle);
      const executions = temporal.environment.client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` });
      const states: string[] = [];
      for await (const execution of executions) states.push(execution.status.name);
      expect(states).toContain('CONTINUED_AS_NEW');
      expect(result).toMatchObject({ status: 'ok', hostsTotal: 25, counts: { ok: 25 }, backupsMade: 25 });
      expect(result.notes).toEqual(['snapshots are not made yet']);
      expect(new Set(of('commitMirror').map(({ host }) => host.name)).size).toBe(25);
    });
  });
});

describe('cancelling a fleet', () => {
  test('cancels the hosts at work, waits for their post scripts, begins no more, and keeps the result', async () => {
    const hosts = fleet(6, { sources: [sourcePlan({ postScript: scriptPlan('thaw') })] });
    const { activities, called, of } = recordActivities(hosts, { syncMirror: untilCancelled });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input({ parallelHosts: 2 }));
      await called('syncMirror', 2);
      expect(await handle.query<FleetProgress>('progress')).toMatchObject({
        hostsTotal: 6,
        hostsDone: 0,
        running: [{}, {}],
      });
      await handle.cancel();
      const result = await resultOf<FleetBackupResult>(handle);
      expect(of('runScript').map(({ phase }) => phase)).toEqual(['post', 'post']);
      expect(of('loadHost')).toHaveLength(2);
      expect(result).toMatchObject({
        status: 'cancelled',
        counts: { cancelled: 2 },
        failure: { type: 'Cancelled', message: 'The run was cancelled; 4 of 6 hosts were not begun.' },
      });
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
  });

  test('terminated, its hosts are still asked to end, and run their post scripts', async () => {
    const hosts = fleet(1, { sources: [sourcePlan({ postScript: scriptPlan('thaw') })] });
    const { activities, called } = recordActivities(hosts, { syncMirror: untilCancelled });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await called('syncMirror');
      await handle.terminate();
      await expect(resultOf(handle)).rejects.toMatchObject({ name: 'HoldfastError', type: 'Cancelled' });
      const child = temporal.environment.client.workflow.getHandle(`host/${hosts[0]?.name}`);
      const result = await resultOf<HostBackupResult>(child);
      expect(result).toMatchObject({
        status: 'cancelled',
        sources: [{ scripts: [{ phase: 'post', result: { exitCode: 0 } }] }],
      });
    });
  });
});

describe('a run that cannot be done', () => {
  test('fails with the mistake in the configuration, and with a result', async () => {
    const { activities } = recordActivities([], {
      listHosts: async () => {
        throw new HoldfastError('ConfigInvalid', 'config.yaml:3:1: hosts: expected a mapping');
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(result).toMatchObject({ status: 'failed', failure: { type: 'ConfigInvalid' }, hostsTotal: 0 });
    });
  });

  test('fails when no host is what was asked for: nothing done is not well done', async () => {
    await temporal.withWorker(recordActivities([]).activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(result).toMatchObject({ status: 'failed', failure: { type: 'HostNotInConfig' } });
    });
  });
});
