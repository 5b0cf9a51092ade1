import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../src/client/workflow-results.js';
import { FAILURES, HoldfastError, type FailureType } from '../../src/core/failures.js';
import type { CheckHostsResult, ListBackupsWorkflowInput } from '../../src/workflows/messages.js';
import { hostPlan } from '../support/plans.js';
import { recordActivities } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const configPath = '/etc/holdfast/config.yaml';
const selection = { hosts: [], sources: [], tags: [] };
const types = Object.keys(FAILURES) as FailureType[];

test('every entry of the catalogue crosses from Activity to Workflow as it is, tried again only when that may help', async () => {
  const hosts = types.map((type) => hostPlan({ name: type }));
  const { activities, of } = recordActivities(hosts, {
    probeHost: async ({ host }) => {
      throw new HoldfastError(host.name as FailureType, `what ${host.name} looks like`);
    },
  });
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<CheckHostsResult>(await start('checkHosts', { configPath, selection, parallelHosts: 100 })),
  );

  const attempts = (type: string): number => of('probeHost').filter(({ host }) => host.name === type).length;
  // ChainMoved is retryable for a Workflow, which plans again, and has no second attempt of the same step where steps commit.
  expect(types.map((type) => [type, attempts(type)])).toEqual(
    types.map((type) => [type, FAILURES[type].retryable ? 4 : 1]),
  );
  expect(result.hosts.map(({ failure }) => failure)).toEqual(
    types.map((type) => ({ type, message: `what ${type} looks like`, action: FAILURES[type].action, host: type })),
  );
});

test('an error that nobody foresaw is an InternalError, tried again, and never a success', async () => {
  const { activities, of } = recordActivities([hostPlan()], {
    probeHost: async () => {
      throw new TypeError('x is not a function');
    },
  });
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<CheckHostsResult>(await start('checkHosts', { configPath, selection, parallelHosts: 1 })),
  );
  expect(of('probeHost')).toHaveLength(4);
  expect(result.hosts[0]?.failure).toMatchObject({ type: 'InternalError', message: 'x is not a function' });
});

test('a short Workflow fails with the catalogue’s type, which the client throws', async () => {
  const { activities } = recordActivities([], {
    listBackups: async () => {
      throw new HoldfastError('ConfigNotFound', 'no configuration file');
    },
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const input: ListBackupsWorkflowInput = { configPath, selection, limit: 10 };
    await expect(resultOf(await start('listBackups', input))).rejects.toMatchObject({
      name: 'HoldfastError',
      type: 'ConfigNotFound',
      message: 'no configuration file',
    });
  });
});

test('hosts are checked in the order of the configuration, each with what is wrong', async () => {
  const { activities } = recordActivities(
    [
      hostPlan({
        name: 'a',
        ssh: { user: 'backup', hostname: 'a.example.com', port: 2222, options: {}, connectTimeoutSeconds: 5 },
      }),
      hostPlan({ name: 'b' }),
    ],
    {
      loadHost: async ({ host }) => {
        if (host === 'b') throw new HoldfastError('SecretUnavailable', 'no such variable: KEY');
        return hostPlan({
          name: 'a',
          ssh: { user: 'backup', hostname: 'a.example.com', port: 2222, options: {}, connectTimeoutSeconds: 5 },
        });
      },
    },
  );
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<CheckHostsResult>(await start('checkHosts', { configPath, selection, parallelHosts: 2 })),
  );
  expect(result.hosts).toMatchObject([
    { host: 'a', address: 'backup@a.example.com:2222', sources: [{ source: 'www' }], probe: { clockSkewMs: 3 } },
    { host: 'b', address: '', sources: [], failure: { type: 'SecretUnavailable', host: 'b' } },
  ]);
});
