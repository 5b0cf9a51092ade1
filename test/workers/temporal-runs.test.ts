import { afterAll, beforeAll, expect, test } from 'vitest';
import { NativeConnection } from '@temporalio/worker';
import { TemporalRuns } from '../../src/workers/temporal-runs.js';
import { recordActivities, untilCancelled } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const request = {
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
};

test('a running restore is known with its source, and is over when it is', async () => {
  const runs = new TemporalRuns(temporal.environment.nativeConnection, 'default');
  const recorded = recordActivities([], { extractShard: untilCancelled });
  await temporal.withWorker(
    recorded.activities,
    async ({ start }) => {
      expect(await runs.restoring()).toEqual([]);
      const handle = await start('restore', { request });
      await recorded.called('extractShard');
      const { workflowId, runId } = { ...handle, ...(await handle.describe()) };
      await expect.poll(() => runs.restoring()).toEqual([{ host: 'web1', source: 'www' }]);
      expect(await runs.isOpen({ workflowId, runId })).toBe(true);
      expect(await runs.isOpen({ workflowId })).toBe(true);
      await handle.cancel();
      await handle.result().catch(() => undefined);
      expect(await runs.isOpen({ workflowId, runId })).toBe(false);
      await expect.poll(() => runs.restoring()).toEqual([]);
    },
    { taskQueue: 'holdfast' },
  );
});

test('a run that the server never had is over; a server that does not answer has said nothing', async () => {
  const connection = await NativeConnection.connect({ address: temporal.environment.address });
  const runs = new TemporalRuns(connection, 'default');
  expect(await runs.isOpen({ workflowId: 'host/web1', runId: '01a1fcc3-fb20-7197-9ece-eaeb3bbcea97' })).toBe(false);
  expect(await runs.isOpen({ workflowId: 'host/web1' })).toBe(false);
  const elsewhere = new TemporalRuns(connection, 'no-such-namespace');
  expect(await elsewhere.restoring()).toBeUndefined();
  await connection.close();
  expect(await runs.isOpen({ workflowId: 'host/web1' })).toBeUndefined();
  expect(await runs.restoring()).toBeUndefined();
});
