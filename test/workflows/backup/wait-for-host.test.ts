import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan } from '../../../src/core/plan.js';
import type {
  FleetBackupInput,
  FleetBackupResult,
  HostBackupResult,
  HostProgress,
} from '../../../src/workflows/messages.js';
import { hostPlan } from '../../support/plans.js';
import { recordActivities, type Overrides } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const options = { dryRun: false, full: false, approve: false };
const selection = { hosts: [], sources: [], tags: [] };
const configPath = '/etc/holdfast/config.yaml';
const named = (news: Partial<HostPlan> = {}): HostPlan => hostPlan({ name: `h-${randomUUID().slice(0, 8)}`, ...news });
const away = (): never => {
  throw new HoldfastError('HostUnreachable', 'no answer on port 22');
};
const found = (host: HostPlan) => ({
  tools: { rsync: '3.2.7' },
  clockSkewMs: 3,
  sources: host.sources.map(({ name }) => ({ source: name, state: 'directory' as const })),
  roundTripMs: 1,
});

/** Answers from the moment that the test says so. */
function hostsThatComeBack(isBack: (host: HostPlan) => boolean): Overrides {
  return { probeHost: async ({ host }) => (isBack(host) ? found(host) : away()) };
}

const backUp = (host: HostPlan) => ({ configPath, host: host.name, selection, options });

test('a host that answers within its time is backed up, and the result says how long it was waited for', async () => {
  const host = named({ waitForHostMs: 8_000 });
  let back = false;
  const { activities, of } = recordActivities(
    [host],
    hostsThatComeBack(() => back),
  );
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('hostBackup', backUp(host), `host/${host.name}`);
    await expect
      .poll(async () => (await handle.query<HostProgress>('progress')).doing, { timeout: 60_000 })
      .toMatch(/^waiting for the host, which does not answer/);
    back = true;
    const result = await resultOf<HostBackupResult>(handle);
    expect(result).toMatchObject({
      status: 'ok',
      notes: [expect.stringMatching(/did not answer at first; it was waited for/)],
    });
    expect(result.waitedMs).toBeGreaterThan(7_000);
    expect(of('commitMirror')).toHaveLength(1);
    const { events } = await handle.fetchHistory();
    // The source's own time limit is a timer too.
    const pauses = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      Number(timer?.startToFireTimeout?.seconds ?? 60),
    );
    expect(pauses.filter((seconds) => seconds < 60)).toHaveLength(1);
  });
});

test('one that does not answer in all that time is skipped, with what the last look said', async () => {
  const host = named({ waitForHostMs: 1_000 });
  const { activities } = recordActivities(
    [host],
    hostsThatComeBack(() => false),
  );
  await temporal.withWorker(activities, async ({ start }) => {
    const result = await resultOf<HostBackupResult>(await start('hostBackup', backUp(host), `host/${host.name}`));
    expect(result).toMatchObject({
      status: 'skipped',
      failure: {
        type: 'HostUnreachable',
        message: expect.stringMatching(/no answer on port 22 \(waited for it for/) as string,
      },
    });
    expect(result.waitedMs).toBeGreaterThanOrEqual(500);
  });
});

test('one without wait_for_host is skipped at once, without a timer', async () => {
  const host = named();
  const { activities } = recordActivities(
    [host],
    hostsThatComeBack(() => false),
  );
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('hostBackup', backUp(host), `host/${host.name}`);
    const result = await resultOf<HostBackupResult>(handle);
    expect(result).toMatchObject({ status: 'skipped', failure: { message: 'no answer on port 22' } });
    expect(result.waitedMs).toBeUndefined();
    const { events } = await handle.fetchHistory();
    expect((events ?? []).some((event) => event.timerStartedEventAttributes)).toBe(false);
  });
});

test('what is no absence is not waited for: a refused login fails the host at once', async () => {
  const host = named({ waitForHostMs: 3_600_000 });
  const { activities } = recordActivities([host], {
    probeHost: async () => {
      throw new HoldfastError('HostAuthFailed', 'permission denied');
    },
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const result = await resultOf<HostBackupResult>(await start('hostBackup', backUp(host), `host/${host.name}`));
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'HostAuthFailed' } });
  });
});

test('cancelled while it waits, it ends at once', async () => {
  const host = named({ waitForHostMs: 3_600_000 });
  const { activities } = recordActivities(
    [host],
    hostsThatComeBack(() => false),
  );
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('hostBackup', backUp(host), `host/${host.name}`);
    await expect
      .poll(async () => (await handle.query<HostProgress>('progress')).doing, { timeout: 60_000 })
      .toMatch(/^waiting for the host/);
    const cancelledAtMs = Date.now();
    await handle.cancel();
    expect(await resultOf<HostBackupResult>(handle)).toMatchObject({ status: 'cancelled' });
    expect(Date.now() - cancelledAtMs).toBeLessThan(10_000);
  });
});

test('a host that is waited for holds up no other host of its run, however few may be at work', async () => {
  const sleeper = named({ waitForHostMs: 3_600_000 });
  const others = [named(), named(), named()];
  const { activities, of } = recordActivities(
    [sleeper, ...others],
    hostsThatComeBack(({ name }) => name !== sleeper.name),
  );
  const input: FleetBackupInput = { configPath, plan: 'nightly', selection, options, parallelHosts: 1 };
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('fleetBackup', input);
    await expect
      .poll(() => of('commitMirror').map(({ host }) => host.name), { timeout: 90_000 })
      .toEqual(others.map(({ name }) => name));
    await handle.cancel();
    const result = await resultOf<FleetBackupResult>(handle);
    expect(result.counts).toMatchObject({ ok: 3, cancelled: 1 });
  });
});
