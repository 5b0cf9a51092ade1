import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import { failed, notChecked, passed, warned, type HostCheck } from '../../../src/core/hosts/checks.js';
import type { VerifyHostsInput, VerifyHostsResult } from '../../../src/workflows/messages.js';
import { hostPlan } from '../../support/plans.js';
import { recordActivities, untilCancelled } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const input = (news: Partial<VerifyHostsInput> = {}): VerifyHostsInput => ({
  configPath: '/etc/holdfast/config.yaml',
  selection: { hosts: [], sources: [], tags: [] },
  parallelHosts: 4,
  ...news,
});
const hosts = (count: number) => Array.from({ length: count }, (_, index) => hostPlan({ name: `web${index}` }));
const seen = (...checks: HostCheck[]) => ({ address: 'root@web:22', checks, durationMs: 1 });

test('each host is its worst check, in the order of the configuration', async () => {
  const verdicts: Readonly<Record<string, HostCheck>> = {
    web0: passed('login', 'in'),
    web1: warned('clock', 'late', 'set it'),
    web2: failed('port', 'HostUnreachable', 'refused'),
    web3: notChecked('ping', 'ignore_ping is set'),
  };
  const { activities } = recordActivities(hosts(5), {
    verifyHost: async ({ host: { name } }) => {
      const verdict = verdicts[name];
      if (verdict === undefined) throw new HoldfastError('InternalError', 'odd');
      return seen(verdict);
    },
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const result = await resultOf<VerifyHostsResult>(await start('verifyHosts', input()));
    expect(result.hosts.map(({ host, status }) => [host, status])).toEqual([
      ['web0', 'ok'],
      ['web1', 'warning'],
      ['web2', 'failed'],
      ['web3', 'ok'],
      // Nothing is known of it, which is no ok.
      ['web4', 'failed'],
    ]);
    expect(result.next).toBeUndefined();
  });
});

test('never more hosts at a time than asked for, page by page', async () => {
  let [now, most] = [0, 0];
  const { activities, of } = recordActivities(hosts(23), {
    verifyHost: async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return seen(passed('login', 'in'));
    },
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const first = await resultOf<VerifyHostsResult>(await start('verifyHosts', input({ parallelHosts: 3 })));
    expect([first.hosts.length, first.next]).toEqual([20, 20]);
    const second = await resultOf<VerifyHostsResult>(await start('verifyHosts', input({ after: 20 })));
    expect([second.hosts.length, second.next]).toEqual([3, undefined]);
    expect(most).toBeLessThanOrEqual(4);
    expect(new Set(of('verifyHost').map(({ host }) => host.name)).size).toBe(23);
  });
});

test('what has no room in the answer is counted, troubles stay, and the payload stays small', async () => {
  const many = Array.from({ length: 500 }, (_, index) =>
    index === 499
      ? failed('path', 'SourceMissing', 'gone', undefined, 'last')
      : passed('path', 'x'.repeat(300), `p${index}`),
  );
  const { activities } = recordActivities(hosts(20), { verifyHost: async () => seen(...many) });
  await temporal.withWorker(activities, async ({ start }) => {
    const { hosts: verified } = await resultOf<VerifyHostsResult>(await start('verifyHosts', input()));
    expect(JSON.stringify(verified).length).toBeLessThan(300 * 1024);
    for (const { status, checks, left } of verified) {
      expect(status).toBe('failed');
      expect(checks.at(-1)).toMatchObject({ subject: 'last', state: 'failed' });
      expect(checks.length + left).toBe(500);
    }
  });
});

test('a configuration with mistakes ends it, and cancelled it ends as Cancelled', async () => {
  const broken = recordActivities([], {
    listHosts: async () => {
      throw new HoldfastError('ConfigInvalid', 'line 3');
    },
  });
  await temporal.withWorker(broken.activities, async ({ start }) => {
    await expect(resultOf(await start('verifyHosts', input()))).rejects.toMatchObject({ type: 'ConfigInvalid' });
  });
  const slow = recordActivities(hosts(2), { verifyHost: async () => untilCancelled() });
  await temporal.withWorker(slow.activities, async ({ start }) => {
    const handle = await start('verifyHosts', input());
    await slow.called('verifyHost', 2);
    await handle.cancel();
    await expect(resultOf(handle)).rejects.toMatchObject({ type: 'Cancelled' });
  });
});
