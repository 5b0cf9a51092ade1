import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { ReadReportWorkflowResult } from '../../../src/workflows/messages.js';
import { recordActivities } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const input = { configPath: '/etc/holdfast/config.yaml', days: 30 };

test('a page of the report is what the worker’s catalog says', async () => {
  const recorded = recordActivities([]);
  const page = await temporal.withWorker(recorded.activities, async ({ start }) =>
    resultOf<ReadReportWorkflowResult>(await start('readReport', input)),
  );
  expect(page).toMatchObject({ window: { days: 30 }, part: { sources: [] } });
  expect(recorded.of('readReport')).toEqual([input]);
});

test('a configuration that cannot be used is named', async () => {
  const { activities } = recordActivities([], {
    readReport: async () => {
      throw new HoldfastError('ConfigInvalid', 'hosts: there is no host');
    },
  });
  const failed = temporal.withWorker(activities, async ({ start }) => resultOf(await start('readReport', input)));
  await expect(failed).rejects.toMatchObject({ type: 'ConfigInvalid' });
});
