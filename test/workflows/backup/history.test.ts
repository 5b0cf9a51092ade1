import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { HistoryRecord, HostRecord, SourceRecord } from '../../../src/core/history/records.js';
import type { BackupOptions, HostPlan } from '../../../src/core/plan.js';
import type { FleetBackupInput, HostBackupResult } from '../../../src/workflows/messages.js';
import { hookPlan, hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import {
  recordActivities,
  STATISTICS,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const selection = { hosts: [], sources: [], tags: [] };
const configPath = '/etc/holdfast/config.yaml';
const options: BackupOptions = { dryRun: false, full: false, approve: false };
const www = sourcePlan();
const etc = sourcePlan({ name: 'etc', path: '/etc', engine: 'archive' });

interface Outcome extends RecordedActivities {
  readonly result: HostBackupResult;
  readonly runId: string;
  /** One list for each call of `noteEnded`. */
  readonly noted: readonly (readonly HistoryRecord[])[];
}

async function backUp(
  host: HostPlan,
  overrides: Overrides = {},
  news: Partial<BackupOptions> = {},
  meanwhile: (recorded: RecordedActivities, cancel: () => Promise<unknown>) => Promise<unknown> = async () => undefined,
): Promise<Outcome> {
  const recorded = recordActivities([host], overrides);
  return temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('hostBackup', {
      configPath,
      host: host.name,
      selection,
      options: { ...options, ...news },
    });
    await meanwhile(recorded, () => handle.cancel());
    const result = await resultOf<HostBackupResult>(handle);
    const { runId } = await handle.describe();
    return { ...recorded, result, runId, noted: recorded.of('noteEnded').map(({ records }) => records) };
  });
}

const idsIn = (noted: readonly (readonly HistoryRecord[])[], runId: string): string[][] =>
  noted.map((records) => records.map(({ id }) => id.replace(runId, 'RUN')));
const sourcesIn = (noted: readonly (readonly HistoryRecord[])[]): SourceRecord[] =>
  noted.flat().filter((record) => record.kind === 'source');
const hostsIn = (noted: readonly (readonly HistoryRecord[])[]): HostRecord[] =>
  noted.flat().filter((record) => record.kind === 'host');

describe('a host', () => {
  test('with one source notes it and itself in one step, the last of all', async () => {
    const { noted, runId, calls, result, of } = await backUp(hostPlan());
    expect(idsIn(noted, runId)).toEqual([['source/RUN/web1/www', 'host/RUN']]);
    expect(of('noteEnded')[0]?.configPath).toBe(configPath);
    expect(calls.at(-1)?.name).toBe('noteEnded');
    const [source] = result.sources;
    expect(sourcesIn(noted)[0]).toMatchObject({
      atMs: (source?.startedAtMs ?? 0) + (source?.durationMs ?? 0),
      status: 'ok',
      engine: 'mirror',
      destination: 'vault',
      backupId: '20261121T020000Z-0',
      bytesSent: STATISTICS.bytesSent,
      bytesReceived: STATISTICS.bytesReceived,
      speedup: STATISTICS.speedup,
      rsyncExitCode: 0,
      filesTransferred: 5,
    });
    expect(hostsIn(noted)[0]).toMatchObject({
      atMs: result.startedAtMs + result.durationMs,
      status: 'ok',
      sources: { ok: 1 },
      errors: 0,
    });
  });

  test('with several notes each when it has ended, the last with itself', async () => {
    const host = hostPlan({ sources: [www, etc, sourcePlan({ name: 'home' })] });
    const { noted, runId, calls } = await backUp(host);
    expect(idsIn(noted, runId)).toEqual([
      ['source/RUN/web1/www'],
      ['source/RUN/web1/etc'],
      ['source/RUN/web1/home', 'host/RUN'],
    ]);
    const order = calls.map(({ name }) => name).filter((name) => /^(inspectMirror|planArchive|noteEnded)$/.test(name));
    expect(order).toEqual(['inspectMirror', 'noteEnded', 'planArchive', 'noteEnded', 'inspectMirror', 'noteEnded']);
  });

  test('with hooks after it notes its sources before they run, and itself as it is after them', async () => {
    const host = hostPlan({ hooks: [hookPlan('after_host', 'tell', { onFailure: 'warn' })] });
    const { noted, runId, calls, result } = await backUp(host, {
      runHook: async () => {
        throw new HoldfastError('HookFailed', 'tell ended with status 3');
      },
    });
    expect(idsIn(noted, runId)).toEqual([['source/RUN/web1/www'], ['host/RUN']]);
    expect(calls.map(({ name }) => name).slice(-3)).toEqual(['noteEnded', 'runHook', 'noteEnded']);
    expect(result.status).toBe('warning');
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'warning', errors: 1, warnings: 1 });
    expect(sourcesIn(noted)[0]).toMatchObject({ status: 'ok', warnings: 0 });
  });

  test('whose hooks are for failures only notes all at once when it does not fail', async () => {
    const hooks = [hookPlan('on_error', 'ring')];
    const well = await backUp(hostPlan({ hooks }));
    expect(idsIn(well.noted, well.runId)).toEqual([['source/RUN/web1/www', 'host/RUN']]);
    const badly = await backUp(hostPlan({ hooks }), { syncMirror: fails('DestinationFull', 'no room') });
    expect(idsIn(badly.noted, badly.runId)).toEqual([['source/RUN/web1/www'], ['host/RUN']]);
  });

  test('that is away has skipped sources, with the reason', async () => {
    const { noted, runId } = await backUp(hostPlan({ sources: [www, etc] }), {
      probeHost: fails('HostUnreachable', 'web1 did not answer on port 22'),
    });
    expect(idsIn(noted, runId)).toEqual([['source/RUN/web1/www', 'source/RUN/web1/etc', 'host/RUN']]);
    const failure = { type: 'HostUnreachable', message: 'web1 did not answer on port 22' };
    for (const source of sourcesIn(noted))
      expect(source).toMatchObject({ status: 'skipped', failure, errorCounts: { connection: 0 }, exitCode: 4 });
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'skipped', failure, errors: 0, sources: { skipped: 2 } });
  });

  test('that refuses the login counts that for each source', async () => {
    const { noted } = await backUp(hostPlan({ sources: [www, etc] }), {
      probeHost: fails('HostAuthFailed', 'web1 refused the key'),
    });
    for (const source of sourcesIn(noted))
      expect(source).toMatchObject({
        status: 'failed',
        failure: { type: 'HostAuthFailed' },
        errorCounts: { permission: 1 },
        evidence: ['web1 refused the key'],
      });
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'failed', errors: 2 });
  });

  test('of which the configuration cannot be read is noted itself', async () => {
    const { noted, runId } = await backUp(hostPlan(), { loadHost: fails('ConfigInvalid', 'line 3') });
    expect(idsIn(noted, runId)).toEqual([['host/RUN']]);
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'failed', errors: 1, failure: { type: 'ConfigInvalid' } });
  });

  test('notes a failed and a held source', async () => {
    const host = hostPlan({ sources: [www, sourcePlan({ name: 'etc' })] });
    const { noted, result } = await backUp(host, {
      syncMirror: async ({ source }) => {
        if (source.name === 'www') throw new HoldfastError('DestinationFull', 'no room');
        throw new HoldfastError('SourceHeld', 'too much is gone');
      },
    });
    expect(result.status).toBe('failed');
    expect(
      sourcesIn(noted).map(({ status, exitCode, errorCounts }) => [status, exitCode, errorCounts.disk_full]),
    ).toEqual([
      ['failed', 1, 1],
      ['held', 4, 0],
    ]);
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'failed', sources: { failed: 1, held: 1 }, errors: 1 });
  });

  test('that is cancelled is noted all the same: what was stopped, and what was not begun', async () => {
    const host = hostPlan({
      sources: [sourcePlan({ postScript: scriptPlan('thaw') }), etc, sourcePlan({ name: 'home' })],
    });
    const { noted, runId, calls } = await backUp(
      host,
      { syncMirror: untilCancelled },
      {},
      async ({ called }, cancel) => {
        await called('syncMirror');
        await cancel();
      },
    );
    // Those that were not begun took no time: they come with the rest.
    expect(idsIn(noted, runId)).toEqual([
      ['source/RUN/web1/www', 'source/RUN/web1/etc', 'source/RUN/web1/home', 'host/RUN'],
    ]);
    expect(calls.map(({ name }) => name).slice(-2)).toEqual(['runScript', 'noteEnded']);
    expect(sourcesIn(noted).map(({ status, errorCounts }) => [status, errorCounts.other])).toEqual([
      ['cancelled', 0],
      ['cancelled', 0],
      ['cancelled', 0],
    ]);
    expect(hostsIn(noted)[0]).toMatchObject({ status: 'cancelled', errors: 0 });
  });

  test('leaves nothing of a dry run, well or not', async () => {
    const well = await backUp(hostPlan({ sources: [www, etc] }), {}, { dryRun: true });
    expect(well.noted).toEqual([]);
    expect(well.result.dryRun).toBe(true);
    const away = await backUp(hostPlan(), { probeHost: fails('HostAuthFailed', 'no') }, { dryRun: true });
    expect(away.noted).toEqual([]);
    expect(away.result.sources[0]).toMatchObject({ dryRun: true, status: 'failed' });
  });
});

describe('a noting', () => {
  test('that fails is tried once more with the same records, and changes nothing', async () => {
    const { noted, calls, result, runId } = await backUp(hostPlan(), {
      noteEnded: fails('CatalogUnavailable', 'away'),
    });
    expect(result.status).toBe('ok');
    expect(calls.filter(({ name }) => name === 'noteEnded').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(noted[1]).toEqual(noted[0]);
    expect(idsIn(noted, runId)[0]).toEqual(['source/RUN/web1/www', 'host/RUN']);
  });

  test('that is not understood by an older worker changes nothing', async () => {
    const { result } = await backUp(hostPlan(), {
      noteEnded: async () => {
        throw new TypeError('no such thing');
      },
    });
    expect(result.status).toBe('ok');
  });

  test('is repeated under the same ids when the worker was killed in its middle', async () => {
    const names = ['www', 'etc', 'home'];
    const workflowId = `hostBackup/${randomUUID()}`;
    const taskQueue = `test-${randomUUID()}`;
    const { client, address } = temporal.environment;
    const handle = await client.workflow.start('hostBackup', {
      taskQueue,
      workflowId,
      args: [{ configPath, host: 'web1', selection, options }],
    });
    const said = await untilNoted(address, taskQueue, names);
    const recorded = recordActivities([hostPlan({ sources: names.map((name) => sourcePlan({ name })) })]);
    await temporal.withWorker(recorded.activities, () => handle.result(), { taskQueue });

    const runId = (await handle.describe()).runId;
    expect(idsIn(said, runId)).toEqual([
      ['source/RUN/web1/www'],
      ['source/RUN/web1/etc'],
      ['source/RUN/web1/home', 'host/RUN'],
    ]);
    // What stands in the Workflow's history is not noted again; what does not is the same to who knows it by its id.
    const [again = []] = recorded.of('noteEnded').map(({ records }) => records);
    expect(recorded.of('noteEnded')).toHaveLength(1);
    expect(idsIn([again], runId)).toEqual([['source/RUN/web1/home', 'host/RUN']]);
    expect(sourcesIn([again])[0]?.startedAtMs).toBe(sourcesIn(said).at(-1)?.startedAtMs);
  });
});

/** Runs a worker until it is to note a host, and kills it there; gives what it was to note, call by call. */
async function untilNoted(address: string, taskQueue: string, sources: readonly string[]): Promise<HistoryRecord[][]> {
  const script = new URL('../../support/noting-worker.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, address, taskQueue, ...sources], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const said: HistoryRecord[][] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('[{')) continue;
      said.push(JSON.parse(line) as HistoryRecord[]);
      if (hostsIn(said).length > 0) break;
    }
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
  return said;
}

describe('a fleet', () => {
  const fleetInput = (news: Partial<FleetBackupInput> = {}): FleetBackupInput => ({
    configPath,
    plan: 'nightly',
    selection,
    options,
    parallelHosts: 4,
    ...news,
  });
  const named = (count: number): HostPlan[] => {
    const run = randomUUID().slice(0, 8);
    return Array.from({ length: count }, (_, at) => hostPlan({ name: `${run}-${at}` }));
  };
  const notedOf = (recorded: RecordedActivities): HistoryRecord[] =>
    recorded.of('noteEnded').flatMap(({ records }) => records);

  test('notes its hosts from their results, many in one step', async () => {
    const hosts = named(40);
    const failing = hosts[7]?.name;
    const recorded: RecordedActivities = recordActivities(hosts, {
      syncMirror: async ({ host }) => {
        // All of them end together.
        await recorded.called('syncMirror', hosts.length);
        if (host.name === failing) throw new HoldfastError('DestinationFull', 'no room');
        return { exitCode: 0, statistics: STATISTICS, flaws: { count: 0, first: [] } };
      },
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const fleet = await start('fleetBackup', fleetInput({ parallelHosts: hosts.length }));
      await resultOf(fleet);
    });
    const noted = recorded.of('noteEnded').map(({ records }) => records);
    expect(noted.length).toBeLessThan(hosts.length / 2);
    const names = hosts.map(({ name }) => name).sort();
    expect(
      hostsIn(noted)
        .map(({ host }) => host)
        .sort(),
    ).toEqual(names);
    expect(
      sourcesIn(noted)
        .map(({ host }) => host)
        .sort(),
    ).toEqual(names);
    expect(new Set(noted.flat().map(({ id }) => id)).size).toBe(2 * hosts.length);
    const failed = noted.flat().filter((record) => 'host' in record && record.host === failing);
    expect(failed).toEqual([
      expect.objectContaining({
        kind: 'source',
        status: 'failed',
        failure: expect.objectContaining({ type: 'DestinationFull' }) as object,
        evidence: ['no room'],
      }),
      expect.objectContaining({ kind: 'host', workflowId: `host/${failing}`, status: 'failed', errors: 1 }),
    ]);
    // Before the run itself is recorded.
    expect(recorded.calls.map(({ name }) => name).slice(-2)).toEqual(['noteEnded', 'recordRun']);
  });

  test('leaves it to a host to note its sources while others follow', async () => {
    const [name = ''] = named(1).map((plan) => plan.name);
    const host = hostPlan({ name, sources: [www, etc, sourcePlan({ name: 'home' })] });
    const recorded = recordActivities([host]);
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      await resultOf(await start('fleetBackup', fleetInput()));
    });
    const noted = recorded.of('noteEnded').map(({ records }) => records);
    const places = noted.map((records) => records.map((record) => ('source' in record ? record.source : record.kind)));
    expect(places).toEqual([['www'], ['etc'], ['www', 'etc', 'home', 'host']]);
    // The run's are the same to who knows them by their ids.
    expect(noted[2]?.slice(0, 2)).toEqual([noted[0]?.[0], noted[1]?.[0]]);
  });

  test('has all that is known of a host whose result had to be shortened', async () => {
    const [name = ''] = named(1).map((plan) => plan.name);
    const sources = Array.from({ length: 20 }, (_, at) => sourcePlan({ name: `s${at}` }));
    const first = ['a', 'b', 'c', 'd', 'e'].map((path) => ({
      path,
      flaw: 'unreadable' as const,
      message: `Permission denied ${'x'.repeat(250)}`,
    }));
    const recorded = recordActivities([hostPlan({ name, sources })], {
      syncMirror: async () => ({ exitCode: 23, statistics: STATISTICS, flaws: { count: 5, first } }),
      commitMirror: async () => ({ backupId: '20261121T020000Z-0', status: 'warning' }),
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      await resultOf(await start('fleetBackup', fleetInput()));
    });
    const noted = recorded.of('noteEnded').map(({ records }) => records);
    expect(hostsIn(noted)).toHaveLength(2);
    expect(noted.at(-2)?.map((record) => ('source' in record ? record.source : record.kind))).toEqual(['s19', 'host']);
    expect(sourcesIn(noted.slice(0, -1)).map(({ evidence }) => evidence.length)).toEqual(
      sources.map(() => first.length),
    );
  });

  test('notes a host that is busy as skipped, beside what its own run notes', async () => {
    const [plan] = named(1);
    const host = plan?.name ?? '';
    const recorded = recordActivities(plan === undefined ? [] : [plan], { inspectMirror: untilCancelled });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const busy = { configPath, host, selection, options };
      const other = await start('hostBackup', busy, `host/${host}`);
      await recorded.called('inspectMirror');
      const fleet = await start('fleetBackup', fleetInput());
      await resultOf(fleet);
      const { runId } = await fleet.describe();
      expect(notedOf(recorded)).toEqual([
        expect.objectContaining({
          kind: 'host',
          id: expect.stringMatching(new RegExp(`^host/${runId}/${host}/\\d+$`)) as string,
          host,
          workflowId: fleet.workflowId,
          runId,
          status: 'skipped',
          failure: expect.objectContaining({ type: 'Busy' }) as object,
          errors: 0,
        }),
      ]);
      await other.cancel();
      await resultOf(other);
    });
    expect(notedOf(recorded).map(({ kind }) => kind)).toEqual(['host', 'source', 'host']);
  });

  test('notes a host whose backup was terminated', async () => {
    const [plan] = named(1);
    const host = plan?.name ?? '';
    const recorded = recordActivities(plan === undefined ? [] : [plan], { inspectMirror: untilCancelled });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const fleet = await start('fleetBackup', fleetInput());
      await recorded.called('inspectMirror');
      const child = temporal.environment.client.workflow.getHandle(`host/${host}`);
      const { runId } = await child.describe();
      await child.terminate('by the test');
      await resultOf(fleet);
      expect(notedOf(recorded)).toEqual([
        expect.objectContaining({
          id: `host/${runId}`,
          workflowId: `host/${host}`,
          runId,
          status: 'failed',
          errors: 1,
        }),
      ]);
    });
  });

  test('that is cancelled leaves it to its hosts to note themselves, once', async () => {
    const hosts = named(2);
    const recorded = recordActivities(hosts, { inspectMirror: untilCancelled });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const fleet = await start('fleetBackup', fleetInput());
      await recorded.called('inspectMirror', 2);
      await fleet.cancel();
      await resultOf(fleet);
    });
    const records = notedOf(recorded);
    expect(
      records
        .filter(({ kind }) => kind === 'host')
        .map((record) => 'host' in record && record.host)
        .sort(),
    ).toEqual(hosts.map(({ name }) => name));
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  });

  test('notes a host that a person left out', async () => {
    const hosts = named(2);
    const recorded = recordActivities(hosts, {
      inspectMirror: async ({ host }) => {
        if (host.name === hosts[0]?.name) await recorded.called('listHosts');
        throw new HoldfastError('SourceHeld', 'enough for this test');
      },
    });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const fleet = await start(
        'fleetBackup',
        fleetInput({ parallelHosts: 1, control: skipping(hosts[1]?.name ?? '') }),
      );
      await resultOf(fleet);
    });
    const left = notedOf(recorded).filter((record) => 'host' in record && record.host === hosts[1]?.name);
    expect(left).toEqual([
      expect.objectContaining({
        kind: 'host',
        status: 'skipped',
        failure: expect.objectContaining({ type: 'HostSkipped' }) as object,
      }),
    ]);
  });

  test('leaves nothing of a dry run, nor of a busy host in it', async () => {
    const [plan] = named(1);
    const host = plan?.name ?? '';
    const recorded = recordActivities(plan === undefined ? [] : [plan], { inspectMirror: untilCancelled });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const dry = { ...options, dryRun: true };
      const other = await start('hostBackup', { configPath, host, selection, options: dry }, `host/${host}`);
      await recorded.called('inspectMirror');
      await resultOf(await start('fleetBackup', fleetInput({ options: dry })));
      await other.cancel();
      await resultOf(other);
    });
    expect(notedOf(recorded)).toEqual([]);
    expect(recorded.of('recordRun')[0]?.run.summary).toMatchObject({ dryRun: true });
  });
});

const skipping = (host: string): NonNullable<FleetBackupInput['control']> => ({
  skips: [{ host, by: 'ann' }],
  holds: [],
  again: [],
});

function fails(type: ConstructorParameters<typeof HoldfastError>[0], message: string) {
  return async (): Promise<never> => {
    throw new HoldfastError(type, message);
  };
}
