import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreHooks } from '../../../src/activities/contract.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan } from '../../../src/core/plan.js';
import type { FleetBackupResult, RestoreResult } from '../../../src/workflows/messages.js';
import { configPath, failing, options, runHooked, selection, toldAt, type HookedRun } from '../../support/hook-runs.js';
import { hookPlan, hostPlan } from '../../support/plans.js';
import {
  RESTORE_PLAN,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(async () => {
  await temporal.stop();
});

describe('a whole run', () => {
  /** Host names are Workflow IDs: each test has its own. */
  const fleet = (count: number): HostPlan[] => {
    const name = randomUUID().slice(0, 8);
    return Array.from({ length: count }, (_, index) => hostPlan({ name: `${name}-${index}` }));
  };
  const runHooks = [
    hookPlan('before_run', 'mount', { where: 'worker' }),
    hookPlan('after_run', 'unmount', { where: 'worker' }),
    hookPlan('on_error', 'tell', { where: 'worker' }),
  ];
  const backUpAll = (
    hosts: readonly HostPlan[],
    overrides: Overrides = {},
    cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
  ): Promise<HookedRun<FleetBackupResult>> =>
    runHooked(temporal, {
      type: 'fleetBackup',
      input: { configPath, plan: 'nightly', selection, options, parallelHosts: 4 },
      hosts,
      overrides: {
        // Short pages: a run goes on in another execution between two of them.
        listHosts: async ({ offset }) => ({
          hosts: hosts.slice(offset, offset + 5).map(({ name }) => name),
          total: hosts.length,
          notes: [],
          hooks: runHooks,
        }),
        ...overrides,
      },
      cancelWhen,
    });
  const ofRun = (steps: readonly string[]): string[] => steps.filter((step) => /_run|on_error|commitMirror/.test(step));

  test('has its hooks once, before the first host and after the last', async () => {
    const { steps, result, of } = await backUpAll(fleet(3));
    const [first, ...rest] = ofRun(steps());
    expect(first).toBe('runHook before_run mount');
    expect(rest.at(-1)).toBe('runHook after_run unmount');
    expect(rest.filter((step) => /_run/.test(step))).toHaveLength(1);
    expect(result.hooks?.map(({ on }) => on)).toEqual(['before_run', 'after_run']);
    expect(of('runHook')[0]?.environment).toMatchObject({ HOLDFAST_PLAN: 'nightly', HOLDFAST_HOST: '' });
  });

  test('that goes on in further executions is one run to its hooks', async () => {
    const { of, result, executions } = await backUpAll(fleet(20));
    expect(executions).toBeGreaterThan(1);
    expect(of('runHook').map(({ hook }) => hook.on)).toEqual(['before_run', 'after_run']);
    expect(new Set(of('runHook').map(({ environment }) => environment['HOLDFAST_RUN_ID'])).size).toBe(1);
    expect(result).toMatchObject({ status: 'ok', hostsTotal: 20, counts: { ok: 20 } });
    expect(result.hooks).toHaveLength(2);
    expect(result).not.toHaveProperty('runHooks');
  });

  test('whose hook before it fails begins no host, and ends failed', async () => {
    const { steps, result, state } = await backUpAll(fleet(2), { runHook: failing('before_run mount') });
    expect(ofRun(steps())).toEqual(['runHook before_run mount', 'runHook after_run unmount', 'runHook on_error tell']);
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'HookFailed' }, counts: { ok: 0 } });
    expect(state).toBe('FAILED');
  });

  test('that failed calls on_error with the reason', async () => {
    const hosts = fleet(2);
    const recorded = await backUpAll(hosts, {
      syncMirror: async () => {
        throw new HoldfastError('DestinationFull', 'no space left in vault');
      },
    });
    expect(recorded.steps().filter((step) => step.startsWith('runHook'))).toEqual([
      'runHook before_run mount',
      'runHook after_run unmount',
      'runHook on_error tell',
    ]);
    expect(toldAt(recorded, 'on_error')[0]).toMatchObject({ HOLDFAST_STATUS: 'failed' });
  });

  test('that is cancelled ends its hooks', async () => {
    const { steps, state } = await backUpAll(fleet(2), { syncMirror: untilCancelled }, ({ called }) =>
      called('syncMirror', 2),
    );
    expect(steps().filter((step) => step.startsWith('runHook'))).toEqual([
      'runHook before_run mount',
      'runHook after_run unmount',
    ]);
    expect(state).toBe('CANCELLED');
  });

  test('of no host at all runs none but on_error', async () => {
    const { steps, result } = await backUpAll([]);
    expect(steps().filter((step) => step.startsWith('runHook'))).toEqual(['runHook on_error tell']);
    expect(result.failure?.type).toBe('HostNotInConfig');
  });
});

describe('a restore', () => {
  const request = {
    ...{ configPath, host: 'web1', source: 'www', point: { latest: true }, include: [] },
    target: { kind: 'host', host: 'web2', path: '/restore' },
    ...{ overwrite: 'changed', delete: false, dryRun: false, unfinished: false },
  };
  const hooks = [hookPlan('before_restore', 'stop'), hookPlan('after_restore', 'start')];
  const plan = { ...RESTORE_PLAN, parts: 1, taskQueue: 'holdfast' };
  const asked: RestoreHooks = {
    kind: 'restore-hooks',
    hooks,
    machine: hostPlan({ name: 'web2', sources: [] }),
    path: '/var/www',
    engine: 'archive',
    destination: 'vault',
    targetPath: '/restore',
    inPlace: false,
  };
  const restore = (
    overrides: Overrides = {},
    input: object = {},
    cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
  ): Promise<HookedRun<RestoreResult>> =>
    runHooked(temporal, {
      type: 'restore',
      input: { request, ...input },
      hosts: [],
      overrides: { planRestore: async ({ hooksFirst }) => (hooksFirst === true ? asked : plan), ...overrides },
      cancelWhen,
    });

  test('has its hooks around everything, on the host that is restored to', async () => {
    const recorded = await restore();
    expect(recorded.hooks).toEqual([
      'planRestore',
      'before_restore stop',
      'planRestore',
      'finishRestore',
      'after_restore start',
      'recordRun',
    ]);
    expect(recorded.of('runHook').map(({ machine }) => machine?.name)).toEqual(['web2', 'web2']);
    expect(toldAt(recorded, 'after_restore')[0]).toMatchObject({
      HOLDFAST_HOST: 'web1',
      HOLDFAST_TARGET_HOST: 'web2',
      HOLDFAST_TARGET_PATH: '/restore',
      HOLDFAST_IN_PLACE: '0',
      HOLDFAST_STATUS: 'ok',
      HOLDFAST_BACKUP_ID: plan.backupId,
    });
    expect(recorded.result.hooks).toHaveLength(2);
  });

  test('whose hook before it fails writes nothing, and ends failed with its last hooks run', async () => {
    const { hooks: ran, result } = await restore({ runHook: failing('before_restore stop') });
    expect(ran).toEqual(['planRestore', 'before_restore stop', 'after_restore start', 'recordRun']);
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'HookFailed' } });
  });

  test('that fails or is cancelled starts again what was stopped', async () => {
    const failed = await restore({
      finishRestore: async () => {
        throw new HoldfastError('RestoreTargetFull', 'no space');
      },
    });
    expect(toldAt(failed, 'after_restore')[0]).toMatchObject({ HOLDFAST_ERROR_TYPE: 'RestoreTargetFull' });
    const cancelled = await restore({ finishRestore: untilCancelled }, {}, ({ called }) => called('finishRestore'));
    expect(toldAt(cancelled, 'after_restore')[0]).toMatchObject({ HOLDFAST_STATUS: 'cancelled' });
    expect(cancelled.state).toBe('CANCELLED');
  });

  test('that writes to no host runs what is on the worker alone, and says so', async () => {
    const { machine: _, ...local } = asked;
    const plans = [...hooks, hookPlan('after_restore', 'audit', { where: 'worker' })];
    const { hooks: ran, result } = await restore({
      planRestore: async ({ hooksFirst }) => (hooksFirst === true ? { ...local, hooks: plans } : plan),
    });
    expect(ran.filter((step) => step.includes('_restore'))).toEqual(['after_restore audit']);
    expect(result.notes).toContain('The before_restore hook stop did not run: the restore writes to no host.');
    expect(result.status).toBe('ok');
  });

  test('of a drill has none', async () => {
    const { of, hooks: ran } = await restore({}, { withoutHooks: true });
    expect(of('planRestore').map(({ hooksFirst }) => hooksFirst)).toEqual([undefined]);
    expect(ran.filter((step) => step.includes('_restore'))).toEqual([]);
  });

  test('in a dry run has none, and says which', async () => {
    const { of, result } = await restore({}, { request: { ...request, dryRun: true } });
    expect(of('runHook')).toEqual([]);
    expect(result.notes).toEqual(['A dry run runs no hooks: before_restore stop, after_restore start left out.']);
  });
});
