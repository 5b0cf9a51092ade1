import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreRequest } from '../../../src/activities/contract.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { RestoreProgress, RestoreResult } from '../../../src/workflows/messages.js';
import {
  RESTORE_PLAN,
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
afterAll(async () => {
  await temporal.stop();
});

const request = (news: Partial<RestoreRequest> = {}): RestoreRequest => ({
  configPath: '/etc/holdfast/config.yaml',
  host: 'web1',
  source: 'www',
  point: { latest: true },
  include: [],
  target: { kind: 'host', host: 'web2', path: '/restore' },
  overwrite: 'changed',
  delete: false,
  dryRun: false,
  unfinished: false,
  ...news,
});

interface Outcome extends RecordedActivities {
  readonly result: RestoreResult;
  readonly state: string;
}

/** The common queue is the test's own: plans are made on `holdfast`, so this test's worker serves that one. */
async function restore(
  overrides: Overrides = {},
  news: Partial<RestoreRequest> = {},
  cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
): Promise<Outcome> {
  const recorded = recordActivities([], overrides);
  return temporal.withWorker(
    recorded.activities,
    async ({ start }) => {
      const handle = await start('restore', { request: request(news) });
      if (cancelWhen !== undefined) {
        await cancelWhen(recorded);
        await handle.cancel();
      }
      const result = await resultOf<RestoreResult>(handle);
      return { ...recorded, result, state: (await handle.describe()).status.name };
    },
    { taskQueue: 'holdfast' },
  );
}

const mirror: Overrides = {
  planRestore: async () => ({ ...RESTORE_PLAN, engine: 'mirror', parts: 0, taskQueue: 'holdfast' }),
};

test('an archive is planned, its directories made, its shards extracted, and the target compared', async () => {
  const { steps, result, state } = await restore();
  expect(steps()[0]).toBe('planRestore web1/www');
  expect(steps()[1]).toBe('prepareRestore web1/www');
  expect(steps().slice(2, 5).sort()).toEqual([
    'extractShard web1/www 0',
    'extractShard web1/www 1',
    'extractShard web1/www 2',
  ]);
  expect(steps().slice(5)).toEqual(['finishRestore web1/www', 'recordRun']);
  expect(result).toMatchObject({ status: 'ok', bytesRead: 300_000, plan: { parts: 3 }, report: { compared: 100 } });
  expect(state).toBe('COMPLETED');
});

test('large files are written from their extents when the shards are extracted', async () => {
  const { steps, result } = await restore({
    planRestore: async () => ({ ...RESTORE_PLAN, parts: 1, extentParts: 2, taskQueue: 'holdfast' }),
  });
  expect(steps()[2]).toBe('extractShard web1/www 0');
  // Side by side: either may begin first.
  expect(steps().slice(3, 5).sort()).toEqual(['restoreExtents web1/www 0', 'restoreExtents web1/www 1']);
  expect(steps().slice(5)).toEqual(['finishRestore web1/www', 'recordRun']);
  expect(result).toMatchObject({ status: 'ok', bytesRead: 200_000 });
});

test('a mirror is copied in one step', async () => {
  const { steps, result } = await restore(mirror);
  expect(steps()).toEqual(['planRestore web1/www', 'restoreMirror web1/www', 'recordRun']);
  expect(result.status).toBe('ok');
});

test('the steps run on the machine that holds the plan', async () => {
  const machines: string[] = [];
  const elsewhere = recordActivities([], {
    prepareRestore: async () => void machines.push(Context.current().info.taskQueue),
    finishRestore: async () => {
      machines.push(Context.current().info.taskQueue);
      return { status: 'ok', compared: 1, differences: { count: 0, first: [] } };
    },
  });
  const target = { kind: 'local', path: '/restore', machine: 'desk' } as const;
  await temporal.withWorker(
    elsewhere.activities,
    async ({ start }) => {
      const result = await resultOf<RestoreResult>(await start('restore', { request: request({ target }) }));
      expect(result.status).toBe('ok');
      expect(machines).toEqual(['holdfast-desk', 'holdfast-desk']);
    },
    { taskQueue: 'holdfast-desk' },
  );
});

test('a dry run ends with the plan', async () => {
  const { steps, result } = await restore({}, { dryRun: true });
  expect(steps()).toEqual(['planRestore web1/www', 'recordRun']);
  expect(result).toMatchObject({ status: 'ok', dryRun: true, plan: { counts: { create: 100 } } });
  expect(result).not.toHaveProperty('report');
});

test('a failed shard ends the others, removes the lists, and fails the run with its result', async () => {
  const { of, result, state } = await restore({
    extractShard: async ({ part }) => {
      if (part === 1) throw new HoldfastError('ObjectDamaged', 'shard-00001.tar.zst is not what was written');
      return untilCancelled();
    },
  });
  expect(of('discardRestore')).toHaveLength(1);
  expect(of('finishRestore')).toEqual([]);
  expect(result).toMatchObject({ status: 'failed', failure: { type: 'ObjectDamaged', host: 'web1', source: 'www' } });
  expect(state).toBe('FAILED');
});

test('cancelled, it ends its processes, removes the lists, and is shown as cancelled', async () => {
  const { of, result, state } = await restore({ extractShard: untilCancelled }, {}, ({ called }) =>
    called('extractShard', 2),
  );
  expect(of('discardRestore')).toHaveLength(1);
  expect(result).toMatchObject({ status: 'cancelled', failure: { type: 'Cancelled' } });
  expect(state).toBe('CANCELLED');
});

test('a point that cannot be found fails without anything to remove', async () => {
  const { steps, result } = await restore({
    planRestore: async () => {
      throw new HoldfastError('BackupNotFound', 'web1/www has no backup before 2020-01-01');
    },
  });
  expect(steps()).toEqual(['planRestore web1/www', 'recordRun']);
  expect(result).toMatchObject({ status: 'failed', failure: { type: 'BackupNotFound' } });
});

describe('the comparison decides', () => {
  test('differences that make it a failure are named', async () => {
    const { result, state } = await restore({
      finishRestore: async () => ({
        status: 'failed',
        compared: 100,
        differences: { count: 2, first: ['a: size', 'b: mode'] },
      }),
    });
    expect(result.failure).toMatchObject({
      type: 'RestoreIncomplete',
      message: '2 of 100 entries are not as recorded: a: size, b: mode',
    });
    expect(state).toBe('FAILED');
  });

  test('a backup with flaws restores with a warning', async () => {
    const flaws = { count: 1, first: [{ path: 'db', flaw: 'unreadable', message: 'Permission denied' }] } as const;
    const { result } = await restore({ planRestore: async () => ({ ...RESTORE_PLAN, flaws, taskQueue: 'holdfast' }) });
    expect(result.status).toBe('warning');
  });
});

test('answers how far it is', async () => {
  const recorded = recordActivities([], { finishRestore: untilCancelled });
  await temporal.withWorker(
    recorded.activities,
    async ({ start }) => {
      const handle = await start('restore', { request: request() });
      await recorded.called('finishRestore');
      expect(await handle.query<RestoreProgress>('progress')).toMatchObject({
        step: 'comparing',
        partsDone: 3,
        partsTotal: 3,
        bytesRead: 300_000,
        bytesToRead: 400_000,
      });
      await handle.cancel();
      await resultOf(handle);
    },
    { taskQueue: 'holdfast' },
  );
});

describe('to standard output', () => {
  const toStdout = async (
    overrides: Overrides = {},
    cancelWhen?: (recorded: RecordedActivities) => Promise<void>,
  ): Promise<Outcome> => {
    const recorded = recordActivities([], overrides);
    // The queue of machine `out` is `holdfast-out`.
    return temporal.withWorker(
      recorded.activities,
      async ({ start }) => {
        const stdout = { machine: 'out', socket: '/run/out', file: 'letter' };
        const handle = await start('restore', { request: request(), stdout });
        if (cancelWhen !== undefined) {
          await cancelWhen(recorded);
          await handle.cancel();
        }
        const result = await resultOf<RestoreResult>(handle);
        return { ...recorded, result, state: (await handle.describe()).status.name };
      },
      { taskQueue: 'holdfast-out' },
    );
  };
  const here: Overrides = {
    planRestore: async () => ({ ...RESTORE_PLAN, engine: 'mirror', parts: 0, taskQueue: 'holdfast-out' }),
  };

  test('goes through a scratch directory, which is removed, and what was sent stands in the result', async () => {
    const { steps, of, result } = await toStdout(here);
    const names = steps().map((step) => step.split(' ')[0]);
    expect(names.slice(0, 5)).toEqual(['openScratch', 'planRestore', 'restoreMirror', 'sendRestored', 'closeScratch']);
    expect(of('planRestore')[0]?.request.target).toEqual({ kind: 'local', path: '/spool/stdout-1', machine: 'out' });
    expect(of('sendRestored')).toEqual([{ path: '/spool/stdout-1', socket: '/run/out', file: 'letter' }]);
    expect(result).toMatchObject({ status: 'ok', sent: { sizeBytes: 10_240 } });
  });

  test('what differs from the backup is not sent', async () => {
    const differences = { count: 1, first: ['a: size'] };
    const { of, result } = await toStdout({
      ...here,
      restoreMirror: async () => ({ status: 'failed', compared: 1, differences }),
    });
    expect(of('sendRestored')).toEqual([]);
    expect(of('closeScratch')).toHaveLength(1);
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'RestoreIncomplete' } });
  });

  test('is sent once only, and the scratch directory goes after a failure and after a cancellation too', async () => {
    const failed = await toStdout({
      ...here,
      sendRestored: async () => {
        throw new HoldfastError('TransferInterrupted', 'in the middle');
      },
    });
    expect(failed.of('sendRestored')).toHaveLength(1);
    expect(failed.of('closeScratch')).toHaveLength(1);
    expect(failed.result).toMatchObject({ status: 'failed', failure: { type: 'TransferInterrupted' } });
    const cancelled = await toStdout({ ...here, sendRestored: untilCancelled }, ({ called }) => called('sendRestored'));
    expect(cancelled.of('closeScratch')).toHaveLength(1);
    expect(cancelled.state).toBe('CANCELLED');
  });
});
