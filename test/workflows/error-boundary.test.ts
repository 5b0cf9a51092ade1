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
  const hosts = [...types, 'unforeseen'].map((name) => hostPlan({ name }));
  const { activities, of } = recordActivities(hosts, {
    probeHost: async ({ host }) => {
      if (host.name === 'unforeseen') throw new TypeError('x is not a function');
      throw new HoldfastError(host.name as FailureType, `what ${host.name} looks like`);
    },
  });
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<CheckHostsResult>(await start('checkHosts', { configPath, selection, parallelHosts: 100 })),
  );

  const attempts = (name: string): number => of('probeHost').filter(({ host }) => host.name === name).length;
  expect(types.map((type) => [type, attempts(type)])).toEqual(
    types.map((type) => [type, FAILURES[type].retryable ? 4 : 1]),
  );
  expect(result.hosts.slice(0, -1).map(({ failure }) => failure)).toEqual(
    types.map((type) => ({ type, message: `what ${type} looks like`, action: FAILURES[type].action, host: type })),
  );
  expect(attempts('unforeseen')).toBe(4);
  expect(result.hosts.at(-1)?.failure).toMatchObject({ type: 'InternalError', message: 'x is not a function' });
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
  const ssh = { user: 'backup', hostname: 'a.example.com', port: 2222, options: {}, connectTimeoutSeconds: 5 };
  const { activities } = recordActivities([hostPlan({ name: 'a', ssh }), hostPlan({ name: 'b' })], {
    loadHost: async ({ host }) => {
      if (host === 'b') throw new HoldfastError('SecretUnavailable', 'no such variable: KEY');
      return hostPlan({ name: 'a', ssh });
    },
  });
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<CheckHostsResult>(await start('checkHosts', { configPath, selection, parallelHosts: 2 })),
  );
  expect(result.hosts).toMatchObject([
    { host: 'a', address: 'backup@a.example.com:2222', sources: [{ source: 'www' }], probe: { clockSkewMs: 3 } },
    { host: 'b', address: '', sources: [], failure: { type: 'SecretUnavailable', host: 'b' } },
  ]);
});
