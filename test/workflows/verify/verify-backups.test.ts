import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { VerifyBackupsInput, VerifyBackupsResult } from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import {
  COMPARISON,
  recordActivities,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const archive = (name: string) => sourcePlan({ name, engine: 'archive' });
const HOSTS = [
  hostPlan({ sources: [archive('etc'), archive('www')] }),
  hostPlan({ name: 'web2', sources: [archive('etc'), sourcePlan({ name: 'home' })] }),
];
const DAMAGE = { whole: false, count: 1, first: [{ name: 'shard-00000.tar.zst', problem: 'it is missing' }] };

async function verify(
  overrides: Overrides = {},
  news: Partial<VerifyBackupsInput> = {},
): Promise<RecordedActivities & { readonly result: VerifyBackupsResult; readonly state: string }> {
  const recorded = recordActivities(HOSTS, overrides);
  const input: VerifyBackupsInput = {
    configPath: '/etc/holdfast/config.yaml',
    selection: { hosts: [], sources: [], tags: [] },
    which: { latest: true },
    readPercent: 100,
    parallelSources: 2,
    ...news,
  };
  return temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('verifyBackups', input);
    const result = await resultOf<VerifyBackupsResult>(handle);
    return { ...recorded, result, state: (await handle.describe()).status.name };
  });
}

describe('a verification', () => {
  test('that finds nothing wrong goes through every source and records nothing', async () => {
    const { result, state, of } = await verify();
    expect(state).toBe('COMPLETED');
    expect(result).toMatchObject({ status: 'ok', counts: { ok: 4, failed: 0 } });
    expect(result.sources.map(({ host, source }) => `${host}:${source}`).sort()).toEqual([
      'web1:etc',
      'web1:www',
      'web2:etc',
      'web2:home',
    ]);
    expect(result.sources[0]).toMatchObject({ backupsChecked: 1, objectsRead: 3, members: 90 });
    expect(of('recordDamage')).toEqual([]);
    expect(of('compareWithHost')).toEqual([]);
  });

  test('that finds damage records it, goes on with the other sources, and fails with the worst first', async () => {
    const { result, state, of } = await verify({
      verifyBackup: async ({ host, source }) => ({
        state: 'checked',
        damage: host.name === 'web1' && source.name === 'www' ? DAMAGE : { whole: false, count: 0, first: [] },
        objects: 4,
        batches: 1,
        wasDamaged: false,
      }),
      recordDamage: async () => ({
        files: { count: 1, first: [{ path: 'index.html', backups: ['20261120T020000Z-0'] }] },
        touches: ['20261120T020000Z-0'],
        cleared: false,
      }),
    });
    expect(state).toBe('FAILED');
    expect(result.counts).toMatchObject({ ok: 3, failed: 1 });
    expect(result.sources[0]).toMatchObject({
      host: 'web1',
      source: 'www',
      status: 'failed',
      failure: { type: 'BackupDamaged' },
      files: { count: 1, first: [{ path: 'index.html' }] },
    });
    expect(of('recordDamage')).toHaveLength(1);
    expect(of('recordDamage')[0]).toMatchObject({ readAll: true, damage: DAMAGE });
  });

  test('of a destination that does not answer leaves the other sources alone', async () => {
    const { result } = await verify({
      planVerification: async ({ host, source }) => {
        if (host.name === 'web2' && source.name === 'etc') throw new HoldfastError('DestinationDenied', 'no');
        return { backups: ['20261120T020000Z-0'], leftOut: 0, round: 0 };
      },
    });
    expect(result.counts).toMatchObject({ ok: 3, failed: 1 });
    expect(result.sources[0]?.failure?.type).toBe('DestinationDenied');
  });

  test('compares with the hosts when asked: another content fails, and so does a host that cannot be asked', async () => {
    const differing = { ...COMPARISON.content, differing: { count: 1, first: ['passwd'] } };
    const { result } = await verify(
      {
        compareWithHost: async ({ host, source }) => {
          if (host.name === 'web2') throw new HoldfastError('HostAuthFailed', 'refused');
          return source.name === 'etc' ? { ...COMPARISON, content: differing } : COMPARISON;
        },
      },
      { compare: { files: 10 }, selection: { hosts: [], sources: [], tags: [] } },
    );
    const statuses = Object.fromEntries(
      result.sources.map(({ host, source, failure }) => [`${host}:${source}`, failure?.type]),
    );
    expect(statuses).toEqual({
      'web1:etc': 'ContentDiffers',
      'web1:www': undefined,
      'web2:etc': 'HostAuthFailed',
      'web2:home': undefined,
    });
  });

  test('whose result would be too large keeps the worst and its counts', async () => {
    const long = 'x'.repeat(2_000);
    const { result } = await verify({
      verifyBackup: async () => ({
        state: 'checked',
        damage: { whole: true, count: 500, first: Array.from({ length: 100 }, () => ({ name: long, problem: long })) },
        objects: 4,
        batches: 0,
        wasDamaged: false,
      }),
    });
    expect(JSON.stringify(result).length).toBeLessThan(64 * 1024);
    expect(result.counts.failed).toBe(3);
  });
});
