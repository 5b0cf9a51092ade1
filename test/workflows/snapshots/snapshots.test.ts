import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SnapshotMirrorResult } from '../../../src/activities/contract.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { failure, HoldfastError } from '../../../src/core/failures.js';
import { exitCodeOfResult } from '../../../src/core/statuses.js';
import type { SnapshotPlan } from '../../../src/core/snapshots/snapshots.js';
import type { HostBackupResult, RotateSnapshotsResult } from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { recordActivities, untilCancelled, type Overrides } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const snapshots: SnapshotPlan = { volume: '/backup', method: 'auto', rules: [{ kind: 'daily', count: 7 }] };
const host = (name: string, news: Parameters<typeof sourcePlan>[0] = {}) =>
  hostPlan({ name, sources: [sourcePlan({ snapshots, ...news })] });
const selection = { hosts: [], sources: [], tags: [] };
const configPath = '/etc/holdfast/config.yaml';
const DONE: SnapshotMirrorResult = {
  backupId: '20261121T020000Z-0',
  made: [{ name: '20261121T020000Z-daily', kind: 'daily', method: 'btrfs', status: 'ok' }],
  removed: { count: 1, first: ['20261114T020000Z-daily'] },
  kept: 7,
  problems: [],
  failures: [],
  notes: [],
};

describe('a backup', () => {
  const backUp = async (overrides: Overrides, plan = host('web1'), options = {}) => {
    const recorded = recordActivities([plan], overrides);
    const input = {
      configPath,
      host: plan.name,
      selection,
      options: { dryRun: false, full: false, approve: false, ...options },
    };
    const result = await temporal.withWorker(recorded.activities, async ({ start }) =>
      resultOf<HostBackupResult>(await start('hostBackup', input, `host/${plan.name}`)),
    );
    return { ...recorded, result, source: result.sources[0] };
  };

  test('makes the snapshots that are due after its post script, and says so', async () => {
    const script = { name: 'start', scriptsDir: '/s', runOn: 'host' as const, timeoutMs: 1_000 };
    const plan = host('web1', { postScript: script });
    const { steps, of, source } = await backUp({ snapshotMirror: async () => DONE }, plan);
    expect(steps().slice(-3)).toEqual(['runScript web1/www post', 'dueSnapshots web1/www', 'snapshotMirror web1/www']);
    expect(of('snapshotMirror')).toMatchObject([{ make: 'due', remove: 'after-making' }]);
    expect(source).toMatchObject({ status: 'ok' });
    expect(source?.notes).toContain('Snapshots: made 20261121T020000Z-daily (btrfs); removed 1.');
  });

  test('makes none when none is due, when it was a dry run, without rules, and of archives', async () => {
    const none = await backUp({ dueSnapshots: async () => ({ kinds: [], leftovers: false }) });
    expect(none.of('snapshotMirror')).toEqual([]);
    const { snapshots: _, ...without } = sourcePlan({ snapshots });
    for (const [plan, options] of [
      [host('web1'), { dryRun: true }],
      [hostPlan({ sources: [without] }), {}],
      [host('web1', { engine: 'archive' }), {}],
    ] as const)
      expect((await backUp({}, plan, options)).steps().join()).not.toContain('napshot');
  });

  test('sweeps up what a dead run left although none is due', async () => {
    const { of } = await backUp({ dueSnapshots: async () => ({ kinds: [], leftovers: true }) });
    expect(of('snapshotMirror')).toHaveLength(1);
  });

  test('that fails or is held makes no snapshot', async () => {
    const { result, steps } = await backUp({
      syncMirror: async () => {
        throw new HoldfastError('SourceHeld', 'too much is gone');
      },
    });
    expect(result.status).toBe('held');
    expect(steps().join()).not.toContain('napshot');
  });

  test.each([
    ['could not be made', { ...DONE, failures: [failure('SnapshotFailed', 'no room left')] }, 'no room left'],
    [
      'is damaged',
      { ...DONE, problems: [{ path: '/x', problem: 'missing' as const, message: 'its directory is gone' }] },
      '/x: its directory is gone',
    ],
  ])('of which a snapshot %s is a warning, and stays a backup', async (_, outcome, said) => {
    const { source } = await backUp({ snapshotMirror: async () => outcome });
    expect(source).toMatchObject({ status: 'warning', failure: { type: 'SnapshotFailed', message: said } });
    expect(source?.backupId).toBeDefined();
  });

  test('stays a backup when the step itself fails', async () => {
    const { source } = await backUp({
      snapshotMirror: async () => {
        throw new HoldfastError('DestinationNotFound', 'not mounted');
      },
    });
    expect(source).toMatchObject({
      status: 'warning',
      failure: { type: 'SnapshotFailed' },
      backupId: expect.any(String) as string,
    });
  });

  test('that is cancelled while its snapshots are made keeps what it has committed', async () => {
    const recorded = recordActivities([host('web1')], { snapshotMirror: untilCancelled });
    const input = { configPath, host: 'web1', selection, options: { dryRun: false, full: false, approve: false } };
    const result = await temporal.withWorker(recorded.activities, async ({ start }) => {
      const run = await start('hostBackup', input, 'host/web1');
      await recorded.called('snapshotMirror');
      await run.cancel();
      return resultOf<HostBackupResult>(run);
    });
    expect(result.sources[0]).toMatchObject({
      failure: { type: 'SnapshotFailed' },
      backupId: expect.any(String) as string,
    });
  });
});

describe('rotateSnapshots', () => {
  const rotate = async (hosts: readonly ReturnType<typeof host>[], overrides: Overrides = {}, news = {}) => {
    const recorded = recordActivities(hosts, {
      listHosts: async ({ offset, limit }) => ({
        hosts: hosts.slice(offset, offset + limit).map(({ name }) => name),
        total: hosts.length,
        notes: [],
      }),
      snapshotMirror: async () => DONE,
      ...overrides,
    });
    const input = { configPath, selection, make: [], remove: 'surplus', ...news };
    const result = await temporal.withWorker(recorded.activities, async ({ start }) =>
      resultOf<RotateSnapshotsResult>(await start('rotateSnapshots', input)),
    );
    return { ...recorded, result };
  };

  test('takes each host’s mirrors with rules, and no others', async () => {
    const { snapshots: _, ...without } = sourcePlan({ snapshots });
    const hosts = [
      host('web1'),
      host('web2'),
      hostPlan({ name: 'web3', sources: [without] }),
      host('web4', { engine: 'archive' }),
    ];
    const { result, steps, of } = await rotate(hosts);
    expect(result).toMatchObject({ kind: 'rotate-snapshots', status: 'ok', counts: { ok: 2 } });
    expect(
      steps()
        .filter((step) => step.startsWith('snapshotMirror'))
        .sort(),
    ).toEqual(['snapshotMirror web1/www', 'snapshotMirror web2/www']);
    expect(of('snapshotMirror')[0]).toMatchObject({ make: [], remove: 'surplus' });
  });

  test('takes only those below the volume that is named', async () => {
    const other = { ...snapshots, volume: '/other' };
    const { steps } = await rotate([host('web1'), host('web2', { snapshots: other })], {}, { volume: '/other' });
    expect(steps().filter((step) => step.startsWith('snapshotMirror'))).toEqual(['snapshotMirror web2/www']);
  });

  test('a host that is being backed up is skipped, exit code 4; the others are not', async () => {
    const hosts = [host('web1'), host('web2')];
    const recorded = recordActivities(hosts, {
      listHosts: async () => ({ hosts: ['web1', 'web2'], total: 2, notes: [] }),
      snapshotMirror: async () => DONE,
      syncMirror: untilCancelled,
    });
    const result = await temporal.withWorker(recorded.activities, async ({ start }) => {
      const options = { dryRun: false, full: false, approve: false };
      const backup = await start('hostBackup', { configPath, host: 'web1', selection, options }, 'host/web1');
      await recorded.called('syncMirror');
      const rotation = await start('rotateSnapshots', { configPath, selection, make: [], remove: 'surplus' });
      const ended = await resultOf<RotateSnapshotsResult>(rotation);
      await backup.cancel();
      await resultOf(backup).catch(() => undefined);
      return ended;
    });
    expect(result).toMatchObject({ status: 'skipped', counts: { ok: 1, skipped: 1 } });
    expect(exitCodeOfResult(result)).toBe(4);
    expect(result.sources[0]).toMatchObject({ host: 'web1', status: 'skipped', failure: { type: 'Busy' } });
  });

  test('what is damaged or could not be removed is a warning; a mirror that fails alone stops no other', async () => {
    const { result } = await rotate([host('web1'), host('web2'), host('web3')], {
      snapshotMirror: async ({ host: { name } }) => {
        if (name === 'web1') throw new HoldfastError('DestinationNotFound', 'not mounted');
        return name === 'web2' ? { ...DONE, failures: [failure('SnapshotFailed', 'held fast')] } : DONE;
      },
    });
    expect(result.sources.map(({ host: name, status }) => [name, status])).toEqual([
      ['web1', 'failed'],
      ['web2', 'warning'],
      ['web3', 'ok'],
    ]);
  });
});
