import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HistoryRecord } from '../../../src/core/history/records.js';
import type { HostPlan } from '../../../src/core/plan.js';
import {
  type FleetBackupInput,
  type FleetBackupResult,
  fleetProgressQuery,
  retryHostUpdate,
} from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import {
  recordActivities,
  type RecordedActivities,
  STATISTICS,
  untilCancelled,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

/** What a fleetBackup notes when something befalls it, or somebody. What it notes otherwise: history.test.ts. */
let temporal: TemporalForTests;
beforeAll(async () => {
  // So that a test sees runs that go on in a new execution.
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(() => temporal.stop());

const IN_TIME = { timeout: 15_000 };
const selection = { hosts: [], sources: [], tags: [] };
const fleetOf = (parallelHosts: number): FleetBackupInput => ({
  configPath: '/etc/holdfast/config.yaml',
  plan: 'nightly',
  selection,
  options: { dryRun: false, full: false, approve: false },
  parallelHosts,
});
const named = (count: number): HostPlan[] => {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, at) => hostPlan({ name: `${run}-${at}` }));
};
const notedOf = (recorded: RecordedActivities): HistoryRecord[] =>
  recorded.of('noteEnded').flatMap(({ records }) => records);
const hostsOf = (recorded: RecordedActivities): string[] =>
  notedOf(recorded).flatMap((record) => (record.kind === 'host' ? [`${record.host} ${record.status}`] : []));
const sourcesOf = (recorded: RecordedActivities): string[] =>
  notedOf(recorded).flatMap((record) => (record.kind === 'source' ? [`${record.host} ${record.status}`] : []));

test('a run that goes on in new executions notes every host of each of them once', async () => {
  const hosts = named(40);
  const recorded = recordActivities(hosts, {
    listHosts: async ({ offset }) => ({
      hosts: hosts.slice(offset, offset + 10).map(({ name }) => name),
      total: hosts.length,
      notes: [],
    }),
  });
  const first = await temporal.withWorker(recorded.activities, async ({ start }) => {
    const fleet = await start('fleetBackup', fleetOf(4));
    const result = await resultOf<FleetBackupResult>(fleet);
    expect(result.counts).toMatchObject({ ok: hosts.length });
    const { events } = await fleet.fetchHistory();
    return events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  });
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  const all = hosts.map(({ name }) => `${name} ok`).sort();
  expect(hostsOf(recorded).sort()).toEqual(all);
  expect(sourcesOf(recorded).sort()).toEqual(all);
  expect(recorded.calls.at(-1)?.name).toBe('recordRun');
});

test('a run that is terminated leaves it to its hosts, which are cancelled, to note themselves', async () => {
  const hosts = named(2);
  const recorded = recordActivities(hosts, { inspectMirror: untilCancelled });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const fleet = await start('fleetBackup', fleetOf(2));
    await recorded.called('inspectMirror', 2);
    await fleet.terminate('by the test');
    const { workflow } = temporal.environment.client;
    for (const { name } of hosts) await resultOf(workflow.getHandle(`host/${name}`));
  });
  const all = hosts.map(({ name }) => `${name} cancelled`);
  expect(hostsOf(recorded).sort()).toEqual(all);
  expect(sourcesOf(recorded).sort()).toEqual(all);
});

test('a host that a person has backed up again is noted both times, each as an event of its own', async () => {
  const hosts = named(2);
  const [again = '', other = ''] = hosts.map(({ name }) => name);
  const gate = gateOf();
  const recorded: RecordedActivities = recordActivities(hosts, {
    commitMirror: async ({ host }) => {
      if (host.name === other) await gate.opened;
      if (host.name === again && recorded.of('commitMirror').filter((one) => one.host.name === again).length === 1)
        throw new HoldfastError('DestinationFull', 'no room');
      return { backupId: '20261121T020000Z-0', status: 'ok' };
    },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const fleet = await start('fleetBackup', fleetOf(2));
    await expect.poll(async () => (await fleet.query(fleetProgressQuery)).hostsDone, IN_TIME).toBe(1);
    await fleet.executeUpdate(retryHostUpdate, { args: [{ hosts: [again], by: 'ann' }] });
    await expect.poll(() => recorded.of('commitMirror').length, IN_TIME).toBe(3);
    gate.open();
    await resultOf(fleet);
  });
  expect(hostsOf(recorded).sort()).toEqual([`${again} failed`, `${again} ok`, `${other} ok`]);
  expect(sourcesOf(recorded).sort()).toEqual([`${again} failed`, `${again} ok`, `${other} ok`]);
  expect(new Set(notedOf(recorded).map(({ id }) => id)).size).toBe(6);
});

test('a host that is met busy twice is two events, under ids that do not hang on the clock', async () => {
  const hosts = named(2);
  const [busy = '', other = ''] = hosts.map(({ name }) => name);
  const gate = gateOf();
  const recorded = recordActivities(hosts, {
    inspectMirror: async ({ host }) => {
      if (host.name === busy) return untilCancelled();
      await gate.opened;
      throw new HoldfastError('DestinationFull', 'no room');
    },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const { configPath, options } = fleetOf(1);
    const holder = await start('hostBackup', { configPath, options, selection, host: busy }, `host/${busy}`);
    await recorded.called('inspectMirror');
    const fleet = await start('fleetBackup', fleetOf(2));
    const met = async () => (await fleet.query(fleetProgressQuery)).hostsDone;
    await expect.poll(met, IN_TIME).toBe(1);
    await fleet.executeUpdate(retryHostUpdate, { args: [{ hosts: [busy], by: 'ann' }] });
    const ids = () => notedOf(recorded).flatMap(({ id, kind }) => (kind === 'host' && id.includes(busy) ? [id] : []));
    const { runId } = await fleet.describe();
    await expect.poll(ids, IN_TIME).toEqual([`host/${runId}/${busy}/1`, `host/${runId}/${busy}/2`]);
    gate.open();
    await resultOf(fleet);
    await holder.cancel();
    await resultOf(holder);
  });
  expect(hostsOf(recorded).sort()).toEqual([
    `${busy} cancelled`,
    ...[`${busy} skipped`, `${busy} skipped`],
    `${other} failed`,
  ]);
});

test('a step of noting that fails is tried once more; the run goes on and notes the next ones', async () => {
  const hosts = named(2);
  const [first = '', second = ''] = hosts.map(({ name }) => name);
  const recorded: RecordedActivities = recordActivities(
    [hostPlan({ name: first }), hostPlan({ name: second, sources: [sourcePlan({ name: 'late' })] })],
    {
      syncMirror: async ({ host }) => {
        if (host.name === second) await recorded.called('noteEnded', 2);
        return { exitCode: 0, statistics: STATISTICS, flaws: { count: 0, first: [] } };
      },
      noteEnded: async ({ records }) => {
        if (records.some((record) => 'host' in record && record.host === first))
          throw new HoldfastError('CatalogUnavailable', 'away');
      },
    },
  );
  const result = await temporal.withWorker(recorded.activities, async ({ start }) =>
    resultOf<FleetBackupResult>(await start('fleetBackup', fleetOf(2))),
  );
  expect(result.status).toBe('ok');
  const steps = recorded.calls.filter(({ name }) => name === 'noteEnded').map(({ attempt }) => attempt);
  expect(steps).toEqual([1, 2, 1]);
  expect(hostsOf(recorded)).toEqual([`${first} ok`, `${first} ok`, `${second} ok`]);
});

/** Something that others wait for. */
function gateOf(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
