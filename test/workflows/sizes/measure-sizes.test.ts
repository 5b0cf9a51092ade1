import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import { exitCodeOfResult } from '../../../src/core/statuses.js';
import type { SizeTarget } from '../../../src/core/sizes/sizes.js';
import type { HostPlan } from '../../../src/core/plan.js';
import {
  measureSizesProgressQuery,
  type MeasureSizesResult,
  scanSizesProgressQuery,
  type ScanSizesResult,
} from '../../../src/workflows/messages.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { recordActivities, untilCancelled, type Overrides } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  // So that a test sees runs that go on in a new execution.
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(() => temporal.stop());

const selection = { hosts: [], sources: [], tags: [] };
const input = { configPath: '/etc/holdfast/config.yaml', selection, limitMs: 60_000 };
const web = (name: string): HostPlan =>
  hostPlan({ name, sources: [sourcePlan({ name: 'www' }), sourcePlan({ name: 'etc' })] });

async function scan(hosts: readonly HostPlan[], overrides: Overrides = {}) {
  const recorded = recordActivities(hosts, overrides);
  const result = await temporal.withWorker(recorded.activities, async ({ start }) =>
    resultOf<ScanSizesResult>(await start('scanSizes', input)),
  );
  return { ...recorded, result };
}

const size = (target: SizeTarget, totalBytes: number, complete = true) => ({
  ...target,
  host: 'web1',
  source: 'www',
  destination: 'vault',
  totalBytes,
  complete,
  remarks: complete ? [] : ['stopped at its time limit'],
  measuredAt: '2026-11-21T02:00:00.000Z',
  durationMs: 1,
});

test('every host is measured, each of its directories in a step of its own with the limit that was asked for', async () => {
  const targets: SizeTarget[] = [
    { kind: 'mirror', name: '' },
    { kind: 'snapshot', name: '20261121T020000Z-daily' },
  ];
  const { result, of, calls } = await scan([web('web1'), web('web2'), web('web3')], {
    findSizes: async () => ({ targets, leftOut: 0 }),
  });
  expect(result).toMatchObject({
    kind: 'scan-sizes',
    status: 'ok',
    counts: { measured: 12, partial: 0, failed: 0, leftOut: 0 },
  });
  expect(result.hosts.map(({ host }) => host).toSorted()).toEqual(['web1', 'web2', 'web3']);
  const measured = of('measureSize');
  expect(measured).toHaveLength(12);
  expect(measured.every(({ limitMs, host }) => limitMs === 60_000 && host.sources.length === 0)).toBe(true);
  // Each source once, as soon as all of it is measured.
  expect(of('noteEnded').map(({ records }) => records.length)).toEqual([2, 2, 2, 2, 2, 2]);
  const ofWeb1 = calls.filter(({ input }) => JSON.stringify(input).includes('"web1"')).map(({ name }) => name);
  expect(ofWeb1.slice(ofWeb1.indexOf('findSizes'))).toEqual(
    [1, 2].flatMap(() => ['findSizes', 'measureSize', 'measureSize', 'noteEnded']),
  );
});

test('history gets one record of each kind of a source, with what is missing said, and none of what is not there', async () => {
  const daily = (day: number): SizeTarget => ({ kind: 'snapshot', name: `2026112${day}T020000Z-daily` });
  const { of } = await scan([web('web1')], {
    findSizes: async ({ source }) =>
      source.name === 'etc'
        ? { targets: [], leftOut: 0 }
        : { targets: [{ kind: 'mirror', name: '' }, daily(1), daily(2), daily(3), daily(4)], leftOut: 0 },
    measureSize: async ({ kind, name }) => {
      if (name === daily(3).name) throw new HoldfastError('DestinationDenied', 'not readable');
      if (name === daily(4).name) return {};
      return { size: { ...size({ kind, name }, 100), ...(kind === 'mirror' ? {} : { exclusiveBytes: 7 }) } };
    },
  });
  const [noted, ...more] = of('noteEnded');
  expect(more).toEqual([]);
  expect(noted?.configPath).toBe(input.configPath);
  const common = {
    kind: 'size',
    host: 'web1',
    source: 'www',
    destination: 'vault',
    atMs: expect.any(Number) as number,
  };
  const runId = noted?.records[0]?.id.split('/')[1];
  expect(noted?.records).toEqual([
    { ...common, id: `size/${runId}/web1/www/mirror`, of: 'mirror', count: 1, totalBytes: 100, complete: true },
    {
      ...common,
      ...{ id: `size/${runId}/web1/www/snapshot`, of: 'snapshot', count: 2, totalBytes: 200, exclusiveBytes: 14 },
      complete: false,
    },
  ]);
});

test('of what is gone history gets that nothing is left: else it would count for ever', async () => {
  const { of, result } = await scan([web('web1')], {
    findSizes: async ({ source }) => ({
      targets: [{ kind: 'mirror', name: '' }],
      leftOut: 0,
      ...(source.name === 'www' ? { gone: ['snapshot'] } : {}),
    }),
  });
  expect(result.counts.measured).toBe(2);
  const records = of('noteEnded').flatMap(({ records }) => records);
  expect(records.map((record) => (record.kind === 'size' ? [record.source, record.of] : record.kind))).toEqual([
    ['www', 'mirror'],
    ['www', 'snapshot'],
    ['etc', 'mirror'],
  ]);
  expect(records[1]).toMatchObject({ count: 0, totalBytes: 0, exclusiveBytes: 0, sharedBytes: 0, complete: true });
});

test('a partial figure is a warning, and snapshots that are left out are counted', async () => {
  const { result } = await scan([web('web1')], {
    findSizes: async ({ source }) => ({
      targets: [{ kind: 'mirror', name: '' }],
      leftOut: source.name === 'www' ? 5 : 0,
    }),
    measureSize: async ({ kind, name, source }) => ({ size: size({ kind, name }, 10, source.name === 'etc') }),
  });
  expect(result).toMatchObject({ status: 'warning', counts: { measured: 2, partial: 1, leftOut: 5 } });
  expect(exitCodeOfResult(result)).toBe(3);
});

test('what cannot be measured is a failure of its host alone, and the rest of the host is measured', async () => {
  const { result } = await scan([web('web1'), web('web2')], {
    findSizes: async ({ host, source }) => {
      if (host.name === 'web1' && source.name === 'www') throw new HoldfastError('DestinationNotFound', 'not mounted');
      return { targets: [{ kind: 'mirror', name: '' }], leftOut: 0 };
    },
  });
  expect(exitCodeOfResult(result)).toBe(1);
  expect(result.hosts).toMatchObject([
    {
      host: 'web1',
      status: 'failed',
      failure: { type: 'DestinationNotFound', source: 'www' },
      counts: { measured: 1 },
    },
    { host: 'web2', status: 'ok', counts: { measured: 2 } },
  ]);
});

test('what vanished meanwhile counts as nothing', async () => {
  const { result } = await scan([web('web1')], { measureSize: async () => ({}) });
  expect(result).toMatchObject({ status: 'ok', counts: { measured: 0, failed: 0 } });
});

test('figures are told while the scan goes on; a host that is being measured is not measured twice', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  const recorded = recordActivities([web('web1')], {
    measureSize: async ({ kind, name, source }) => {
      if (source.name === 'etc') await waiting;
      return { size: size({ kind, name }, 12_345) };
    },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const scanning = await start('scanSizes', input);
    await recorded.called('measureSize', 2);
    const child = temporal.environment.client.workflow.getHandle('sizes/web1');
    expect(await child.query(measureSizesProgressQuery)).toMatchObject({
      host: 'web1',
      doing: 'etc: mirror',
      counts: { measured: 1 },
      sizes: [{ source: 'www', totalBytes: 12_345 }],
    });
    expect(await scanning.query(scanSizesProgressQuery)).toMatchObject({
      hostsTotal: 1,
      running: [{ host: 'web1', workflowId: 'sizes/web1' }],
    });
    const second = await resultOf<ScanSizesResult>(await start('scanSizes', input));
    expect(second).toMatchObject({ status: 'skipped', hosts: [{ host: 'web1', failure: { type: 'Busy' } }] });
    goOn();
    expect(await resultOf<ScanSizesResult>(scanning)).toMatchObject({ status: 'ok', counts: { measured: 2 } });
  });
});

test('a backup of the host goes on while its sizes are measured', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  const recorded = recordActivities([web('web1')], {
    measureSize: async () => {
      await waiting;
      return {};
    },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const scanning = await start('scanSizes', input);
    await recorded.called('measureSize');
    const options = { dryRun: false, full: false, approve: false };
    const backup = await start('fleetBackup', { ...input, plan: 'night', options, parallelHosts: 2 });
    expect(await resultOf(backup)).toMatchObject({ status: 'ok', counts: { ok: 1 } });
    goOn();
    await resultOf(scanning);
  });
});

test('cancelled, it lets go at once and says what it has', async () => {
  const recorded = recordActivities([web('web1')], {
    measureSize: async ({ kind, name, source }) =>
      source.name === 'etc' ? untilCancelled() : { size: size({ kind, name }, 1) },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const scanning = await start('scanSizes', input);
    await recorded.called('measureSize', 2);
    await scanning.cancel();
    const result = await resultOf<ScanSizesResult>(scanning);
    expect(result).toMatchObject({ status: 'cancelled', failure: { type: 'Cancelled' } });
    const child = temporal.environment.client.workflow.getHandle('sizes/web1');
    expect(await resultOf<MeasureSizesResult>(child)).toMatchObject({ status: 'cancelled', counts: { measured: 1 } });
  });
});

test('many hosts and sources go on in new executions, and nothing is measured twice or left out', async () => {
  const sources = Array.from({ length: 25 }, (_, number) => sourcePlan({ name: `source-${number}` }));
  const large = hostPlan({ name: 'large', sources });
  const others = Array.from({ length: 60 }, (_, number) => hostPlan({ name: `host-${number}` }));
  const { result, of } = await scan([large, ...others]);
  expect(result).toMatchObject({ status: 'ok', counts: { measured: 85, failed: 0 } });
  const measured = of('measureSize').map(({ host, source }) => `${host.name}/${source.name}`);
  expect(new Set(measured).size).toBe(85);
  expect(measured).toHaveLength(85);
  for (const workflowId of ['sizes/large']) expect(await executionsOf(workflowId), workflowId).toBeGreaterThan(1);
});

async function executionsOf(workflowId: string): Promise<number> {
  let executions = 0;
  const query = `WorkflowId = '${workflowId}'`;
  for await (const _ of temporal.environment.client.workflow.list({ query })) executions += 1;
  return executions;
}

test('a selection that takes no host is a mistake of who asked', async () => {
  const { result } = await scan([]);
  expect(result).toMatchObject({ status: 'failed', failure: { type: 'HostNotInConfig' } });
  expect(exitCodeOfResult(result)).toBe(2);
});
