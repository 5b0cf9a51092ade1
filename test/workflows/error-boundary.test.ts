import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../src/client/runs/workflow-results.js';
import { FAILURES, HoldfastError, type FailureType } from '../../src/core/failures.js';
import type {
  ListBackupsWorkflowInput,
  VerifiedHost,
  VerifyHostsInput,
  VerifyHostsResult,
} from '../../src/workflows/messages.js';
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
    verifyHost: async ({ host }) => {
      if (host.name === 'unforeseen') throw new TypeError('x is not a function');
      throw new HoldfastError(host.name as FailureType, `what ${host.name} looks like`);
    },
  });
  const verified = await temporal.withWorker(activities, async ({ start }) => {
    const found: VerifiedHost[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const input: VerifyHostsInput = { configPath, selection, parallelHosts: 20, after };
      const page: VerifyHostsResult = await resultOf<VerifyHostsResult>(await start('verifyHosts', input));
      found.push(...page.hosts);
      after = page.next;
    }
    return found;
  });

  const attempts = (name: string): number => of('verifyHost').filter(({ host }) => host.name === name).length;
  expect(types.map((type) => [type, attempts(type)])).toEqual(
    types.map((type) => [type, FAILURES[type].retryable ? 4 : 1]),
  );
  expect(verified.slice(0, -1).map(({ host, checks }) => [host, checks])).toEqual(
    types.map((type) => [
      type,
      [
        {
          check: 'configuration',
          state: 'failed',
          type,
          seen: `what ${type} looks like`,
          action: FAILURES[type].action,
        },
      ],
    ]),
  );
  expect(attempts('unforeseen')).toBe(4);
  expect(verified.at(-1)?.checks[0]).toMatchObject({ type: 'InternalError', seen: 'x is not a function' });
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

test('hosts are verified in the order of the configuration, each with what is wrong', async () => {
  const { activities } = recordActivities([hostPlan({ name: 'a' }), hostPlan({ name: 'b' })], {
    loadHost: async ({ host }) => {
      if (host === 'b') throw new HoldfastError('SecretUnavailable', 'no such variable: KEY');
      return hostPlan({ name: 'a' });
    },
  });
  const result = await temporal.withWorker(activities, async ({ start }) =>
    resultOf<VerifyHostsResult>(await start('verifyHosts', { configPath, selection, parallelHosts: 2 })),
  );
  expect(result.hosts).toMatchObject([
    { host: 'a', address: 'root@a:22', status: 'ok' },
    { host: 'b', address: '', status: 'failed', checks: [{ type: 'SecretUnavailable' }] },
  ]);
});
