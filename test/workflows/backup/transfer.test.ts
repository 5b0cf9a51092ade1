import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan } from '../../../src/core/plan.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { NO_STATISTICS } from '../../../src/core/rsync/statistics.js';
import type { HostBackupResult, SourceResult } from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { type Overrides, recordActivities } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

/** What the result of a source says of its transfer. */

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const SLOW = {
  statistics: { ...NO_STATISTICS, bytesReceived: 1_000_000, speedup: 100 },
  exitCode: 0,
  flaws: { count: 0, first: [] },
  movingMs: 100_000,
};

async function backUp(syncMirror: Overrides['syncMirror'], host: HostPlan = hostPlan()): Promise<SourceResult> {
  const recorded = recordActivities([host], syncMirror === undefined ? {} : { syncMirror });
  const result = await temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('hostBackup', {
      configPath: '/etc/holdfast/config.yaml',
      host: host.name,
      selection: { hosts: [], sources: [], tags: [] },
      options: { dryRun: false, full: false, approve: false },
    });
    return resultOf<HostBackupResult>(handle);
  });
  const [source] = result.sources;
  if (source === undefined) throw new Error('the result has no source');
  return source;
}

test('a slow transfer is a note of a good source', async () => {
  const source = await backUp(async () => SLOW);
  expect(source).toMatchObject({
    status: 'ok',
    notes: [expect.stringMatching(/^Slow transfer: 10\.0 kB\/s over 100 s/)],
  });
  expect(source.failure).toBeUndefined();
});

test('it is a warning where the configuration says so, and none where a limit holds it back', async () => {
  const transferExpectations = { minRateBytesPerSecond: 1_000_000, status: 'warning' } as const;
  const host = hostPlan({ sources: [sourcePlan({ transferExpectations })] });
  expect(await backUp(async () => SLOW, host)).toMatchObject({
    status: 'warning',
    backupId: expect.any(String) as unknown,
    failure: { type: 'TransferSlow', source: 'www' },
    notes: [],
  });
  const limited = { ...host, bandwidthLimitBytesPerSecond: 10_000 };
  expect(await backUp(async () => SLOW, limited)).toMatchObject({ status: 'ok', notes: [] });
});

test('errors are counted by their kind, and so is the one that ended a source', async () => {
  const errorCounts = { ...NO_ERRORS, permission: 3, vanished: 1 };
  const flaws = { count: 4, first: [] };
  expect((await backUp(async () => ({ ...SLOW, movingMs: 0, flaws, errorCounts }))).errorCounts).toEqual(errorCounts);
  const full = async (): Promise<never> => {
    throw new HoldfastError('DestinationFull', 'no room');
  };
  expect(await backUp(full)).toMatchObject({ status: 'failed', errorCounts: { ...NO_ERRORS, disk_full: 1 } });
  const held = async (): Promise<never> => {
    throw new HoldfastError('SourceHeld', 'too much');
  };
  expect(await backUp(held)).toMatchObject({ status: 'held', errorCounts: NO_ERRORS });
});

test('what a worker without these figures says is taken as it is', async () => {
  const { movingMs: _, ...older } = SLOW;
  expect(await backUp(async () => older)).toMatchObject({ status: 'ok', notes: [], errorCounts: NO_ERRORS });
});
