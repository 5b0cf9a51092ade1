import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import type { InspectMirrorResult, LoadHostInput } from '../../../src/activities/contract.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HostPlan, SourcePlan } from '../../../src/core/plan.js';
import {
  approveUpdate,
  rejectUpdate,
  type FleetBackupInput,
  type FleetBackupResult,
  type FleetProgress,
} from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import { MIRROR_LOOK, recordActivities, untilCancelled } from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(async () => {
  await temporal.stop();
});

const HOUR_MS = 3_600_000;
const GONE: InspectMirrorResult = { ...MIRROR_LOOK, previousEntries: 1_000, entries: 10, deletions: 990 };
const ALICE = { by: 'alice@desk' };
const containing = (text: string): string => expect.stringContaining(text) as string;

const input = (news: Partial<FleetBackupInput> = {}): FleetBackupInput => ({
  configPath: '/etc/holdfast/config.yaml',
  plan: 'nightly',
  selection: { hosts: [], sources: [], tags: [] },
  options: { dryRun: false, full: false, approve: false },
  parallelHosts: 1,
  ...news,
});

/** Host names are Workflow IDs: each test has its own. */
const hostName = (): string => `web-${randomUUID().slice(0, 8)}`;
const waiting = (news: Partial<SourcePlan> = {}): SourcePlan => sourcePlan({ holdForMs: HOUR_MS, ...news });
const host = (...sources: readonly SourcePlan[]): HostPlan => hostPlan({ name: hostName(), sources });

/** `www` is held at its first looks, as they are given; all else is well. */
function looks(...first: readonly InspectMirrorResult[]) {
  const left = [...first];
  return async ({ source }: { readonly source: SourcePlan }): Promise<InspectMirrorResult> =>
    source.name === 'www' ? (left.shift() ?? MIRROR_LOOK) : MIRROR_LOOK;
}

/** What the configuration says of a host, as far as it was asked for. */
const selected =
  (hosts: readonly HostPlan[]) =>
  async ({ host: name, selection }: LoadHostInput): Promise<HostPlan> => {
    const plan = hosts.find((one) => one.name === name) as HostPlan;
    const isTaken = (one: SourcePlan): boolean =>
      selection.sources.length === 0 || selection.sources.includes(one.name);
    return { ...plan, sources: plan.sources.filter(isTaken) };
  };

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const holding = (handle: WorkflowHandle, count = 1): Promise<FleetProgress> =>
  until(async () => {
    const progress = await handle.query<FleetProgress>('progress');
    return (progress.holds ?? []).length === count && progress.running.length === 0 && progress;
  });

const approve = (handle: WorkflowHandle, place: object = {}, who: object = ALICE) =>
  handle.executeUpdate(approveUpdate, { args: [{ ...who, ...place } as { by: string }] });
const reject = (handle: WorkflowHandle, place: object = {}) =>
  handle.executeUpdate(rejectUpdate, { args: [{ ...ALICE, reason: 'not yet', ...place }] });

describe('a held source that is waited for', () => {
  test('holds up no other source and no other host, and leaves its host’s lock free', async () => {
    const scripts = { preScript: scriptPlan('freeze'), postScript: scriptPlan('thaw') };
    const hosts = [host(waiting(scripts), sourcePlan({ name: 'etc' })), host(sourcePlan({ name: 'data' }))];
    const { activities, of } = recordActivities(hosts, { inspectMirror: looks(GONE) });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      const progress = await holding(handle);
      expect(progress).toMatchObject({
        hostsDone: 2,
        counts: { held: 1, ok: 1 },
        holds: [{ host: hosts[0]?.name, source: 'www', doubt: { deletions: 990 }, message: containing('990 of 1000') }],
      });
      expect(of('commitMirror').map(({ source }) => source.name)).toEqual(['etc', 'data']);
      expect(of('runScript').map(({ phase, status }) => [phase, status])).toEqual([
        ['pre', undefined],
        ['post', 'held'],
      ]);
      const own = temporal.environment.client.workflow.getHandle(`host/${hosts[0]?.name}`);
      expect((await own.describe()).status.name).toBe('COMPLETED');
      await handle.cancel();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'cancelled', counts: { held: 1 } });
    });
  });

  test('is looked at again when it is approved, and backed up alone; who did it is recorded', async () => {
    const hosts = [host(waiting(), sourcePlan({ name: 'etc' }))];
    const { activities, of } = recordActivities(hosts, {
      inspectMirror: looks(GONE, GONE),
      loadHost: selected(hosts),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await holding(handle);
      const name = hosts[0]?.name ?? '';
      const place = { host: name, source: 'www' };
      expect(await approve(handle, place, { ...ALICE, reason: 'moved' })).toEqual({ sources: [place] });
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'ok', counts: { ok: 1, held: 0 }, backupsMade: 2, hostsTotal: 1 });
      expect(result.hosts).toHaveLength(1);
      expect(result.hosts[0]?.sources.map(({ source, status }) => [source, status])).toEqual([
        ['etc', 'ok'],
        ['www', 'ok'],
      ]);
      expect(result.notes).toEqual([`${name}:www: approved by alice@desk (moved)`]);
      expect(of('inspectMirror').map(({ source }) => source.name)).toEqual(['www', 'etc', 'www']);
      expect(of('syncMirror').find(({ source }) => source.name === 'www')?.maxDeletions).toBe(990);
    });
  });

  test('that is worse than what was approved is held again, and stays so when it is rejected', async () => {
    const hosts = [host(waiting())];
    const { activities, of } = recordActivities(hosts, { inspectMirror: looks(GONE, { ...GONE, deletions: 991 }) });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await holding(handle);
      await approve(handle);
      const { holds } = await until(async () => {
        const progress = await handle.query<FleetProgress>('progress');
        return progress.holds?.[0]?.doubt?.deletions === 991 && progress;
      });
      expect(holds?.[0]?.message).toContain('more than what alice@desk approved');
      await reject(handle, { host: hosts[0]?.name });
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'held', counts: { held: 1 }, backupsMade: 0 });
      expect(result.hosts[0]?.sources[0]?.failure?.message).toContain('Rejected by alice@desk (not yet).');
      expect(of('syncMirror')).toEqual([]);
    });
  });

  test('that nobody decides about ends held when its time is over', async () => {
    const { activities } = recordActivities([host(waiting({ holdForMs: 300 }))], { inspectMirror: looks(GONE) });
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input()));
      expect(result).toMatchObject({ status: 'held', counts: { held: 1 } });
      expect(result.hosts[0]?.sources[0]?.failure?.message).toContain('Nobody approved it in time.');
    });
  });

  test('whose host is busy when it is approved can be approved again', async () => {
    const hosts = [host(waiting())];
    const name = hosts[0]?.name ?? '';
    let busy = false;
    const { activities, called } = recordActivities(hosts, {
      inspectMirror: async () => (busy ? untilCancelled() : GONE),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input());
      await holding(handle);
      busy = true;
      const { configPath, selection, options } = input();
      const other = await start('hostBackup', { configPath, host: name, selection, options }, `host/${name}`);
      await called('inspectMirror', 2);
      await approve(handle);
      const progress = await holding(handle);
      expect(progress.hosts[0]).toMatchObject({ failure: { type: 'Busy' }, sources: [{ status: 'held' }] });
      await other.cancel();
      await resultOf(other);
      busy = false;
      await approve(handle);
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 1 } });
    });
  });

  test('is still waited for when the run has continued as a new execution', async () => {
    const held = host(waiting());
    const hosts = [held, ...Array.from({ length: 24 }, () => host(sourcePlan({ name: 'etc' })))];
    const { activities } = recordActivities(hosts, {
      inspectMirror: looks(GONE, GONE),
      listHosts: async ({ offset }) => ({
        hosts: hosts.slice(offset, offset + 5).map(({ name }) => name),
        total: hosts.length,
        notes: [],
      }),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input({ parallelHosts: 4 }));
      await until(async () => (await handle.query<FleetProgress>('progress')).hostsDone === 25);
      const description = await handle.describe();
      expect(description.runId).not.toBe(
        (handle as WorkflowHandle & { firstExecutionRunId: string }).firstExecutionRunId,
      );
      await approve(temporal.environment.client.workflow.getHandle(handle.workflowId), { host: held.name });
      const result = await resultOf<FleetBackupResult>(handle);
      expect(result).toMatchObject({ status: 'ok', counts: { ok: 25 }, backupsMade: 25 });
    });
  });
});

describe('a held source that is not waited for', () => {
  test('can be approved as long as the run goes on', async () => {
    const hosts = [host(sourcePlan()), host(sourcePlan({ name: 'data' }))];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const look = looks(GONE, GONE);
    const { activities } = recordActivities(hosts, {
      inspectMirror: async (given) => {
        if (given.source.name === 'data') await released;
        return look(given);
      },
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const handle = await start('fleetBackup', input({ parallelHosts: 2 }));
      await until(async () => (await handle.query<FleetProgress>('progress')).holds);
      await approve(handle);
      await until(async () => (await handle.query<FleetProgress>('progress')).counts.ok === 1);
      release();
      expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 2 } });
    });
  });

  test('is approved in a new run: it alone is taken, and no further than what was approved', async () => {
    const hosts = [host(sourcePlan(), sourcePlan({ name: 'etc' })), host(sourcePlan())];
    const [first = '', second = ''] = hosts.map(({ name }) => name);
    const doubt = { reasons: ['too-many-deletions'] as const, deletions: 990 };
    const approvals = [
      { host: first, source: 'www', ...ALICE, doubt },
      { host: second, source: 'www', ...ALICE },
    ];
    const { activities, of } = recordActivities(hosts, {
      inspectMirror: async () => GONE,
      loadHost: selected(hosts),
    });
    await temporal.withWorker(activities, async ({ start }) => {
      const result = await resultOf<FleetBackupResult>(await start('fleetBackup', input({ approvals })));
      expect(of('inspectMirror').map(({ host: { name }, source }) => [name, source.name])).toEqual([
        [first, 'www'],
        [second, 'www'],
      ]);
      // The second was missing when it was approved: what is seen now was never looked at by a person.
      expect(result.counts).toMatchObject({ ok: 1, held: 1 });
    });
  });
});

test.each([
  ['of a host that has nothing held', { host: 'nobody' }, 'Nothing of nobody is held in this run. Held are'],
  ['by a name that draws on the terminal', { by: 'eve\u001b[2J' }, 'Say who you are'],
  ['with a reason that nobody can read', { reason: 'x'.repeat(2_000) }, 'Give the reason'],
])('a decision is refused %s', async (_what, place, message) => {
  const { activities } = recordActivities([host(waiting())], { inspectMirror: looks(GONE) });
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('fleetBackup', input());
    await holding(handle);
    const refused: unknown = await approve(handle, place).catch((error: unknown) => error);
    expect((refused as { cause?: unknown }).cause).toMatchObject({
      type: 'ApprovalRefused',
      message: containing(message),
    });
    await reject(handle);
    expect((await resultOf<FleetBackupResult>(handle)).status).toBe('held');
  });
});

test('a source that is missing although it was backed up is held, and approving it looks again', async () => {
  let seen = 0;
  const { activities } = recordActivities([host(waiting())], {
    inspectMirror: async () => {
      seen += 1;
      if (seen === 1)
        throw new HoldfastError('SourceHeld', 'Held: the source is missing, the last backup had 9 entries.');
      return MIRROR_LOOK;
    },
  });
  await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('fleetBackup', input());
    expect((await holding(handle)).holds?.[0]?.message).toContain('is missing');
    await approve(handle);
    expect(await resultOf<FleetBackupResult>(handle)).toMatchObject({ status: 'ok', counts: { ok: 1 } });
  });
});
