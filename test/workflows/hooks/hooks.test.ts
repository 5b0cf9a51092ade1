import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HookPlan } from '../../../src/core/hooks/hooks.js';
import type { BackupOptions, HostPlan, SourcePlan } from '../../../src/core/plan.js';
import type { HostBackupResult } from '../../../src/workflows/messages.js';
import { configPath, failing, options, runHooked, selection, toldAt, type HookedRun } from '../../support/hook-runs.js';
import { hookPlan, hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import {
  MIRROR_LOOK,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const backUp = (
  host: HostPlan,
  overrides: Overrides = {},
  news: Partial<BackupOptions> = {},
  cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
): Promise<HookedRun<HostBackupResult>> =>
  runHooked(temporal, {
    type: 'hostBackup',
    input: { configPath, host: host.name, selection, options: { ...options, ...news } },
    hosts: [host],
    overrides,
    cancelWhen,
  });

const pair = (subject: 'host' | 'source', name: string, news: Partial<HookPlan> = {}): HookPlan[] => [
  hookPlan(`before_${subject}`, name, news),
  hookPlan(`after_${subject}`, name, news),
];

const sourceWith = (hooks: readonly HookPlan[], news: Partial<SourcePlan> = {}): HostPlan =>
  hostPlan({ sources: [sourcePlan({ hooks, ...news })] });

describe('order', () => {
  test('hooks lie around what they are written for, and end in the opposite order', async () => {
    const host = hostPlan({
      hooks: [...pair('host', 'wake', { where: 'worker' }), ...pair('host', 'quiesce')],
      sources: [
        sourcePlan({
          preScript: scriptPlan('stop'),
          postScript: scriptPlan('start'),
          hooks: [...pair('source', 'outer'), ...pair('source', 'inner', { where: 'worker' })],
        }),
      ],
    });
    const { hooks, result, state } = await backUp(host);
    expect(hooks).toEqual([
      'before_host wake',
      'probeHost',
      'before_host quiesce',
      'before_source outer',
      'before_source inner',
      'runScript pre',
      'syncMirror',
      'runScript post',
      'after_source inner',
      'after_source outer',
      'after_host quiesce',
      'after_host wake',
    ]);
    expect(state).toBe('COMPLETED');
    expect(result.status).toBe('ok');
    expect(result.hooks?.map(({ on, name }) => `${on} ${name}`)).toEqual([
      'before_host wake',
      'before_host quiesce',
      'after_host quiesce',
      'after_host wake',
    ]);
    expect(result.sources[0]?.hooks).toHaveLength(4);
  });

  test('no other step carries the hooks’ plans', async () => {
    const { of } = await backUp(
      hostPlan({ hooks: pair('host', 'a'), sources: [sourcePlan({ hooks: pair('source', 'b') })] }),
    );
    for (const { host, source } of [...of('inspectMirror'), ...of('syncMirror'), ...of('commitMirror')])
      expect([host, source]).not.toContainEqual(expect.objectContaining({ hooks: expect.anything() as unknown }));
    for (const { machine } of of('runHook')) expect(machine ?? {}).not.toHaveProperty('hooks');
  });

  test('a hook learns how what it stands after ended, with the backup that was made', async () => {
    const recorded = await backUp(
      hostPlan({ hooks: pair('host', 'a'), sources: [sourcePlan({ hooks: pair('source', 'b') })] }),
    );
    expect(toldAt(recorded, 'before_source')[0]).toMatchObject({
      HOLDFAST_HOOK: 'before_source',
      HOLDFAST_HOST: 'web1',
      HOLDFAST_SOURCE: 'www',
      HOLDFAST_PATH: '/var/www',
      HOLDFAST_ENGINE: 'mirror',
      HOLDFAST_DESTINATION: 'vault',
      HOLDFAST_STATUS: '',
      HOLDFAST_BACKUP_ID: '',
    });
    expect(toldAt(recorded, 'after_source')[0]).toMatchObject({
      HOLDFAST_STATUS: 'ok',
      HOLDFAST_BACKUP_ID: '20261121T020000Z-0',
      HOLDFAST_ERROR_TYPE: '',
    });
    expect(toldAt(recorded, 'after_host')[0]).toMatchObject({ HOLDFAST_STATUS: 'ok', HOLDFAST_SOURCE: '' });
  });
});

describe('what failed before', () => {
  test('with fail keeps the source from being begun, its scripts too, and the last hooks run all the same', async () => {
    const host = sourceWith(
      [...pair('source', 'a'), ...pair('source', 'b'), hookPlan('before_source', 'c'), hookPlan('on_error', 'tell')],
      { preScript: scriptPlan('stop'), postScript: scriptPlan('start') },
    );
    const recorded = await backUp(host, { runHook: failing('before_source b') });
    expect(recorded.hooks.slice(1)).toEqual([
      'before_source a',
      'before_source b',
      'after_source b',
      'after_source a',
      'on_error tell',
    ]);
    expect(recorded.result).toMatchObject({
      status: 'failed',
      sources: [{ status: 'failed', failure: { type: 'HookFailed', source: 'www' } }],
    });
    expect(recorded.state).toBe('FAILED');
    expect(toldAt(recorded, 'on_error')[0]).toMatchObject({
      HOLDFAST_STATUS: 'failed',
      HOLDFAST_ERROR_TYPE: 'HookFailed',
      HOLDFAST_ERROR: 'before_source b ended with status 3: no',
    });
  });

  test('with warn leaves a note and no better than a warning, with ignore a note alone', async () => {
    const host = sourceWith([
      hookPlan('before_source', 'a', { onFailure: 'ignore' }),
      hookPlan('before_source', 'b', { onFailure: 'warn' }),
    ]);
    const warned = await backUp(host, { runHook: failing('before_source a', 'before_source b') });
    expect(warned.hooks).toContain('syncMirror');
    expect(warned.result.sources[0]).toMatchObject({
      status: 'warning',
      backupId: '20261121T020000Z-0',
      failure: { type: 'HookFailed' },
      notes: [expect.stringMatching(/hook a failed .*on_failure: ignore/), expect.stringMatching(/b failed .*: warn/)],
    });
    const passed = await backUp(host, { runHook: failing('before_source a') });
    expect(passed.result.sources[0]).toMatchObject({ status: 'ok', notes: [expect.stringMatching(/hook a failed/)] });
  });

  test('at the host with fail: no source is begun, and the host’s last hooks run', async () => {
    const host = hostPlan({
      hooks: [...pair('host', 'wake', { where: 'worker' }), ...pair('host', 'quiesce'), hookPlan('on_error', 'tell')],
      sources: [sourcePlan({ hooks: pair('source', 'x') })],
    });
    const onHost = await backUp(host, { runHook: failing('before_host quiesce') });
    expect(onHost.hooks).toEqual([
      'before_host wake',
      'probeHost',
      'before_host quiesce',
      'after_host quiesce',
      'after_host wake',
      'on_error tell',
    ]);
    expect(onHost.result).toMatchObject({ status: 'failed', failure: { type: 'HookFailed' } });
    expect(onHost.result.sources.map(({ status }) => status)).toEqual(['failed']);
    const onWorker = await backUp(host, { runHook: failing('before_host wake') });
    // The host was not reached: what runs on it has nothing to end.
    expect(onWorker.hooks).toEqual(['before_host wake', 'after_host wake']);
    expect(onWorker.result.notes).toContain('The after_host hook quiesce did not run: web1 was not reached.');
  });
});

describe('what comes after', () => {
  test('runs after a failure, with what failed, and only where its statuses are asked for', async () => {
    const host = sourceWith([
      hookPlan('after_source', 'always'),
      hookPlan('after_source', 'good', { only: ['ok', 'warning'] }),
      hookPlan('after_source', 'bad', { only: ['failed', 'held'] }),
    ]);
    const recorded = await backUp(host, {
      syncMirror: async () => {
        throw new HoldfastError('DestinationFull', 'no space left in vault');
      },
    });
    expect(recorded.hooks.slice(-2)).toEqual(['after_source bad', 'after_source always']);
    expect(toldAt(recorded, 'after_source')[0]).toMatchObject({
      HOLDFAST_STATUS: 'failed',
      HOLDFAST_ERROR_TYPE: 'DestinationFull',
      HOLDFAST_ERROR: 'no space left in vault',
    });
    const good = await backUp(host);
    expect(good.hooks.slice(-2)).toEqual(['after_source good', 'after_source always']);
  });

  test('runs when the source is held, and when its time is over', async () => {
    const host = sourceWith(pair('source', 'a'), { timeoutMs: 300 });
    const held = await backUp(host, {
      inspectMirror: async () => ({ ...MIRROR_LOOK, previousEntries: 1_000, entries: 10, deletions: 990 }),
    });
    expect(toldAt(held, 'after_source')[0]).toMatchObject({
      HOLDFAST_STATUS: 'held',
      HOLDFAST_ERROR_TYPE: 'SourceHeld',
    });
    const late = await backUp(host, { syncMirror: untilCancelled });
    expect(toldAt(late, 'after_source')[0]).toMatchObject({ HOLDFAST_ERROR_TYPE: 'TimedOut' });
  });

  test('runs when the run is cancelled, and is not cancelled itself', async () => {
    const host = hostPlan({ hooks: pair('host', 'h'), sources: [sourcePlan({ hooks: pair('source', 's') })] });
    const { hooks, result, state } = await backUp(host, { syncMirror: untilCancelled }, {}, ({ called }) =>
      called('syncMirror'),
    );
    expect(hooks.slice(-3)).toEqual(['syncMirror', 'after_source s', 'after_host h']);
    expect(result.status).toBe('cancelled');
    expect(state).toBe('CANCELLED');
  });

  test('runs when a hook before it was cancelled; nothing else is begun', async () => {
    const host = sourceWith([...pair('source', 's', { onFailure: 'ignore' }), hookPlan('on_error', 'tell')]);
    const overrides: Overrides = {
      runHook: async ({ hook }) => {
        if (hook.on === 'before_source') return untilCancelled();
        return { durationMs: 1, output: '' };
      },
    };
    const { hooks, result, state } = await backUp(host, overrides, {}, ({ called }) => called('runHook'));
    expect(hooks.slice(1)).toEqual(['before_source s', 'after_source s']);
    expect(result.status).toBe('cancelled');
    expect(state).toBe('CANCELLED');
  });

  test('failed with warn makes a good backup a warning, with fail a failure; the backup stays', async () => {
    const host = (onFailure: HookPlan['onFailure']): HostPlan =>
      sourceWith([hookPlan('after_source', 'a', { onFailure }), hookPlan('on_error', 'tell')]);
    const warned = await backUp(host('warn'), { runHook: failing('after_source a') });
    expect(warned.result.sources[0]).toMatchObject({ status: 'warning', backupId: '20261121T020000Z-0' });
    expect(warned.hooks.at(-1)).toBe('after_source a');
    const failed = await backUp(host('fail'), { runHook: failing('after_source a') });
    expect(failed.result.sources[0]).toMatchObject({
      status: 'failed',
      backupId: '20261121T020000Z-0',
      failure: { type: 'HookFailed' },
    });
    expect(failed.hooks.at(-1)).toBe('on_error tell');
    const ignored = await backUp(host('ignore'), { runHook: failing('after_source a') });
    expect(ignored.result.sources[0]?.status).toBe('ok');
  });

  test('at the host with fail makes the host failed although its sources are good, for the hook’s reason', async () => {
    const host = hostPlan({ hooks: [hookPlan('after_host', 'h', { onFailure: 'fail' })] });
    const { result, state } = await backUp(host, { runHook: failing('after_host h') });
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'HookFailed' }, sources: [{ status: 'ok' }] });
    expect(state).toBe('FAILED');
  });

  test('of a host that is away runs on the worker, where it learns that the host was skipped', async () => {
    const host = hostPlan({ hooks: [...pair('host', 'w', { where: 'worker' }), ...pair('host', 'h')] });
    const recorded = await backUp(host, {
      probeHost: async () => {
        throw new HoldfastError('HostAuthFailed', 'web1 refused the login');
      },
    });
    expect(recorded.hooks.filter((step) => step !== 'probeHost')).toEqual(['before_host w', 'after_host w']);
    expect(toldAt(recorded, 'after_host')[0]).toMatchObject({
      HOLDFAST_STATUS: 'failed',
      HOLDFAST_ERROR_TYPE: 'HostAuthFailed',
    });
  });
});

describe('a source that is missing', () => {
  const away: Overrides['probeHost'] = async () => ({
    tools: {},
    clockSkewMs: 0,
    roundTripMs: 1,
    sources: [{ source: 'www', state: 'not-directory' }],
  });

  test('may be mounted by a hook before it', async () => {
    const { result } = await backUp(sourceWith([hookPlan('before_source', 'mount')]), { probeHost: away });
    expect(result.status).toBe('ok');
  });

  test('and has none that could mount it fails, and its on_error hooks say so', async () => {
    const { hooks, result } = await backUp(sourceWith([hookPlan('after_source', 'a'), hookPlan('on_error', 'tell')]), {
      probeHost: away,
    });
    expect(hooks).toEqual(['probeHost', 'on_error tell']);
    expect(result.sources[0]?.failure?.type).toBe('SourceNotDirectory');
  });
});

describe('a snapshot', () => {
  const mirror = (...hooks: HookPlan[]): HostPlan =>
    sourceWith([...hooks, hookPlan('after_source', 'last')], {
      snapshots: { volume: '/backup', method: 'auto', rules: [] },
    });
  const around = [hookPlan('before_snapshot', 'flush'), hookPlan('after_snapshot', 'ship')];
  const steps = (recorded: RecordedActivities): string[] =>
    recorded
      .steps()
      .filter((step) => /^(runHook|snapshotMirror|commitMirror)/.test(step))
      .map((step) => step.replace(/^runHook web1\/www /, ''));

  test('is made between its hooks, after the commit', async () => {
    const recorded = await backUp(mirror(...around));
    expect(steps(recorded)).toEqual([
      'commitMirror web1/www',
      'before_snapshot flush',
      'snapshotMirror web1/www',
      'after_snapshot ship',
      'after_source last',
    ]);
    expect(toldAt(recorded, 'after_snapshot')[0]).toMatchObject({
      HOLDFAST_STATUS: 'ok',
      HOLDFAST_BACKUP_ID: '20261121T020000Z-0',
    });
    expect(recorded.result.status).toBe('ok');
  });

  test('is not made when a hook before it fails: a warning, and the backup stays', async () => {
    const recorded = await backUp(mirror(...around), { runHook: failing('before_snapshot flush') });
    expect(steps(recorded)).not.toContain('snapshotMirror web1/www');
    expect(toldAt(recorded, 'after_snapshot')[0]).toMatchObject({ HOLDFAST_STATUS: 'failed' });
    expect(recorded.result.sources[0]).toMatchObject({ status: 'warning', backupId: '20261121T020000Z-0' });
  });

  test('that could not be made is told to the hook after it', async () => {
    const recorded = await backUp(mirror(...around), {
      snapshotMirror: async () => {
        throw new HoldfastError('SnapshotFailed', 'no space left');
      },
    });
    expect(toldAt(recorded, 'after_snapshot')[0]).toMatchObject({
      HOLDFAST_STATUS: 'failed',
      HOLDFAST_ERROR: 'no space left',
    });
    expect(recorded.result.sources[0]?.status).toBe('warning');
  });

  test('that is not due has no hooks', async () => {
    const recorded = await backUp(mirror(...around), { dueSnapshots: async () => ({ kinds: [], leftovers: false }) });
    expect(steps(recorded)).toEqual(['commitMirror web1/www', 'after_source last']);
  });

  test('whose last hook fails with fail makes the source a warning, no more', async () => {
    const recorded = await backUp(mirror(hookPlan('after_snapshot', 'ship', { onFailure: 'fail' })), {
      runHook: failing('after_snapshot ship'),
    });
    expect(recorded.result.sources[0]).toMatchObject({ status: 'warning', failure: { type: 'HookFailed' } });
  });
});

test('a dry run runs no hooks and says which', async () => {
  const host = hostPlan({ hooks: pair('host', 'h'), sources: [sourcePlan({ hooks: pair('source', 's') })] });
  const { of, result } = await backUp(host, {}, { dryRun: true });
  expect(of('runHook')).toEqual([]);
  expect(result.notes).toEqual(['A dry run runs no hooks: before_host h, after_host h left out.']);
  expect(result.sources[0]?.notes).toEqual(['A dry run runs no hooks: before_source s, after_source s left out.']);
});
