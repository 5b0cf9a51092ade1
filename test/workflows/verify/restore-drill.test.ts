import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { RestoreDrillInput, RestoreDrillResult } from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import {
  recordActivities,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const HOSTS = [
  hostPlan({ sources: [sourcePlan({ engine: 'archive' })] }),
  hostPlan({ name: 'web2', sources: [sourcePlan({ engine: 'archive' })] }),
];

async function drill(
  overrides: Overrides = {},
  cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
): Promise<RecordedActivities & { readonly result: RestoreDrillResult; readonly state: string }> {
  const recorded = recordActivities(HOSTS, overrides);
  const input: RestoreDrillInput = {
    configPath: '/etc/holdfast/config.yaml',
    selection: { hosts: [], sources: [], tags: [] },
    point: { latest: true },
    sample: { files: 10, bytes: 1_000 },
  };
  return temporal.withWorker(
    recorded.activities,
    async ({ start }) => {
      const handle = await start('restoreDrill', input);
      if (cancelWhen !== undefined) {
        await cancelWhen(recorded);
        await handle.cancel();
      }
      const result = await resultOf<RestoreDrillResult>(handle);
      return { ...recorded, result, state: (await handle.describe()).status.name };
    },
    { taskQueue: 'holdfast' },
  );
}

describe('a drill', () => {
  test('takes the way of a real restore, proves it, and cleans up', async () => {
    const { result, state, of, steps } = await drill();
    expect(state).toBe('COMPLETED');
    expect(result).toMatchObject({ status: 'ok', counts: { ok: 2 } });
    expect(result.sources[0]).toMatchObject({ proof: 'source', files: 10, comparedWithSource: 8 });
    const own = steps().filter((step) => step.includes('web1'));
    const proofs = of('noteEnded').flatMap(({ records }) => records.filter(({ kind }) => kind === 'proof'));
    const proof = { engine: 'archive', destination: 'vault', good: true, files: 10, bytes: 1_000 };
    expect(proofs).toMatchObject([
      { host: 'web1', source: 'www', ...proof },
      { host: 'web2', source: 'www', ...proof },
    ]);
    expect(new Set(proofs.map(({ id }) => id)).size).toBe(2);
    expect(own[0]).toMatch(/^loadHost/);
    expect(own.map((step) => step.split(' ')[0])).toEqual([
      'loadHost',
      'planDrill',
      'planRestore',
      'prepareRestore',
      'extractShard',
      'extractShard',
      'extractShard',
      'finishRestore',
      'proveDrill',
      'discardDrill',
    ]);
    expect(of('proveDrill')[0]).toMatchObject({ report: { status: 'ok' }, complete: false });
  });

  test('whose restore fails names why, cleans up, and goes on with the next source', async () => {
    const { result, state, of } = await drill({
      extractShard: async ({ request }) => {
        if (request.host === 'web1') throw new HoldfastError('ObjectDamaged', 'shard 1 is damaged');
        return { entries: 1, bytesRead: 1 };
      },
    });
    expect(state).toBe('FAILED');
    expect(result.counts).toMatchObject({ ok: 1, failed: 1 });
    expect(result.sources[0]).toMatchObject({ host: 'web1', failure: { type: 'DrillFailed' } });
    expect(result.sources[0]?.failure?.message).toContain('shard 1 is damaged (ObjectDamaged)');
    expect(of('discardDrill')).toHaveLength(2);
    expect(of('proveDrill')).toHaveLength(1);
    expect(proofsIn({ of })).toEqual(['web1 false', 'web2 true']);
  });

  test('that finds another content fails with the files', async () => {
    const { result, of } = await drill({
      proveDrill: async () => ({
        proof: 'source',
        files: 10,
        bytes: 1_000,
        comparedWithSource: 10,
        differing: { count: 1, first: ['passwd: its content is not the source’s'] },
        notes: [],
      }),
    });
    expect(result).toMatchObject({ status: 'failed', counts: { failed: 2 } });
    expect(result.sources[0]?.failure?.message).toContain('passwd: its content');
    expect(result.sources[0]?.proof).toBeUndefined();
    expect(proofsIn({ of })).toEqual(['web1 false', 'web2 false']);
  });

  test('that could not even be planned says nothing of a backup', async () => {
    const { result, of } = await drill({
      planDrill: async () => {
        throw new HoldfastError('RestoreTargetFull', 'no room for the sample');
      },
    });
    expect(result).toMatchObject({ status: 'failed', counts: { failed: 2 } });
    expect(proofsIn({ of })).toEqual([]);
  });

  test('that is cancelled in the middle of the restore still removes its scratch directory', async () => {
    const { result, state, of } = await drill({ extractShard: untilCancelled }, ({ called }) => called('extractShard'));
    expect(state).toBe('CANCELLED');
    expect(result.status).toBe('cancelled');
    expect(of('discardDrill')).toHaveLength(1);
    expect(of('planDrill')).toHaveLength(1);
    expect(proofsIn({ of })).toEqual([]);
  });
});

/** `web1 true`, as they were noted. */
const proofsIn = ({ of }: Pick<RecordedActivities, 'of'>): string[] =>
  of('noteEnded').flatMap(({ records }) =>
    records.flatMap((record) => (record.kind === 'proof' ? [`${record.host} ${record.good}`] : [])),
  );
