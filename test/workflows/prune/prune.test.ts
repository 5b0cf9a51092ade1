import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PrunedSource } from '../../../src/activities/contract.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import { exitCodeOfResult } from '../../../src/core/statuses.js';
import type { ConsolidateResult, PinBackupsWorkflowResult, PruneResult } from '../../../src/workflows/messages.js';
import { PRUNED, recordActivities, untilCancelled, type Overrides } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const selection = { hosts: [], sources: [], tags: [] };
const input = { configPath: '/etc/holdfast/config.yaml', selection, approve: false, sweepOnly: false };

async function prune(overrides: Overrides = {}, news: Partial<typeof input> = {}) {
  const recorded = recordActivities([], overrides);
  const result = await temporal.withWorker(recorded.activities, async ({ start }) =>
    resultOf<PruneResult>(await start('pruneDestinations', { ...input, ...news })),
  );
  return { ...recorded, result };
}

test('every destination is pruned page by page, and leaves a record of what was deleted', async () => {
  const { result, of } = await prune({
    listPruneDestinations: async () => ['vault', 'offsite'],
    pruneSources: async ({ destination, offset }) => ({
      total: destination === 'vault' ? 25 : 1,
      sources: [{ ...PRUNED, source: `source-${offset}` }],
    }),
  });
  expect(result).toMatchObject({ kind: 'prune', status: 'ok' });
  expect(result.destinations.map(({ destination, counts }) => [destination, counts.sources, counts.deleted])).toEqual([
    ['vault', 3, 3],
    ['offsite', 1, 1],
  ]);
  const offsets = of('pruneSources').filter(({ destination }) => destination === 'vault');
  expect(offsets.map(({ offset, limit }) => [offset, limit])).toEqual([
    [0, 10],
    [10, 10],
    [20, 10],
  ]);
  expect(of('recordPrune').map(({ destination, deleted, freedBytes }) => [destination, deleted, freedBytes])).toEqual(
    expect.arrayContaining([
      ['vault', 3, 3_000],
      ['offsite', 1, 1_000],
    ]),
  );
});

test('a held source makes the run held, exit code 4; the others are pruned', async () => {
  const held: PrunedSource = {
    ...PRUNED,
    source: 'held',
    status: 'held',
    deleted: 0,
    failure: { type: 'PruneHeld', message: 'Held', action: 'look', retryable: false, meaning: 'waits' } as never,
  };
  const { result } = await prune({ pruneSources: async () => ({ total: 2, sources: [PRUNED, held] }) });
  expect(result).toMatchObject({ status: 'held', failure: { type: 'PruneHeld' } });
  expect(exitCodeOfResult(result)).toBe(4);
  expect(result.destinations[0]?.sources.map(({ source }) => source)).toEqual(['held', 'www']);
});

test('a destination that cannot be reached fails alone, after its retries', async () => {
  const { result } = await prune({
    listPruneDestinations: async () => ['gone', 'vault'],
    pruneSources: async ({ destination }) => {
      if (destination === 'gone') throw new HoldfastError('DestinationNotFound', 'no such bucket');
      return { total: 1, sources: [PRUNED] };
    },
  });
  expect(exitCodeOfResult(result)).toBe(1);
  expect(result.destinations).toMatchObject([
    { destination: 'gone', status: 'failed', failure: { type: 'DestinationNotFound' } },
    { destination: 'vault', status: 'ok' },
  ]);
});

test('a sweep alone leaves no record of a prune', async () => {
  const { of } = await prune({}, { sweepOnly: true });
  expect(of('pruneSources')).toMatchObject([{ sweepOnly: true }]);
  expect(of('recordPrune')).toEqual([]);
});

test('a second prune of a destination is skipped as busy while the first goes on', async () => {
  const recorded = recordActivities([], { pruneSources: untilCancelled });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const first = await start('pruneDestinations', input);
    await recorded.called('pruneSources');
    const second = await resultOf<PruneResult>(await start('pruneDestinations', input));
    expect(second).toMatchObject({ status: 'skipped', failure: { type: 'Busy' } });
    await first.cancel();
    expect(await resultOf<PruneResult>(first)).toMatchObject({ status: 'cancelled' });
  });
});

test('a pin of what does not exist says so', async () => {
  const recorded = recordActivities([], {
    pinBackups: async () => {
      throw new HoldfastError('BackupNotFound', 'there is no 20261120T020000Z-0');
    },
  });
  const pin = { configPath: input.configPath, host: 'web1', source: 'www', ids: ['20261120T020000Z-0'], pinned: true };
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const pinning = resultOf<PinBackupsWorkflowResult>(await start('pinBackups', pin));
    await expect(pinning).rejects.toMatchObject({ type: 'BackupNotFound' });
  });
});

test('a consolidation that is refused is a failed run with the reason', async () => {
  const recorded = recordActivities([], {
    consolidateBackup: async () => {
      throw new HoldfastError('ConsolidationRefused', 'it is a level 0');
    },
  });
  const consolidate = { configPath: input.configPath, host: 'web1', source: 'www', maxDeadPercent: 50 };
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const result = await resultOf<ConsolidateResult>(await start('consolidate', consolidate));
    expect(result).toMatchObject({ kind: 'consolidate', status: 'failed', failure: { type: 'ConsolidationRefused' } });
  });
});
