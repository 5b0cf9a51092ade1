import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { BackupOptions, HostPlan } from '../../../src/core/plan.js';
import type { HostBackupInput, HostBackupResult, HostProgress } from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import {
  ARCHIVE_PLAN,
  MIRROR_LOOK,
  recordActivities,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type Runs, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const withScripts = { preScript: scriptPlan('freeze'), postScript: scriptPlan('thaw') };
const mirrorHost = hostPlan({ sources: [sourcePlan(withScripts)] });
const archiveHost = hostPlan({ sources: [sourcePlan({ ...withScripts, engine: 'archive' })] });

const input = (host: HostPlan, options: Partial<BackupOptions> = {}): HostBackupInput => ({
  configPath: '/etc/holdfast/config.yaml',
  host: host.name,
  selection: { hosts: [], sources: [], tags: [] },
  options: { dryRun: false, full: false, approve: false, ...options },
});

interface Outcome extends RecordedActivities {
  readonly result: HostBackupResult;
  readonly state: string;
}

/** Runs a host's backup to its end; `meanwhile` may cancel it. */
async function backUp(
  host: HostPlan,
  overrides: Overrides = {},
  options: Partial<BackupOptions> = {},
  meanwhile: (recorded: RecordedActivities, cancel: () => Promise<unknown>) => Promise<unknown> = async () => undefined,
): Promise<Outcome> {
  const recorded = recordActivities([host], overrides);
  return temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('hostBackup', input(host, options));
    await meanwhile(recorded, () => handle.cancel());
    const result = await resultOf<HostBackupResult>(handle);
    const { status } = await handle.describe();
    return { ...recorded, result, state: status.name };
  });
}

describe('a mirror', () => {
  test('is probed, then pre script, look, sync, commit, post script, in this order', async () => {
    const { steps, result, state } = await backUp(mirrorHost);
    expect(steps()).toEqual([
      'loadHost web1',
      'probeHost web1',
      'runScript web1/www pre',
      'inspectMirror web1/www',
      'syncMirror web1/www',
      'commitMirror web1/www',
      'runScript web1/www post',
    ]);
    expect(state).toBe('COMPLETED');
    expect(result).toMatchObject({
      status: 'ok',
      sources: [
        { status: 'ok', backupId: '20261121T020000Z-0', figures: { entries: 100, changed: 5, storedBytes: 50_000 } },
      ],
    });
    expect(result.sources[0]?.scripts.map(({ phase, result: script }) => [phase, script?.exitCode])).toEqual([
      ['pre', 0],
      ['post', 0],
    ]);
  });

  test('that has nothing to change is committed without a sync', async () => {
    const { steps, result } = await backUp(mirrorHost, {
      inspectMirror: async () => ({ ...MIRROR_LOOK, changes: 0, deletions: 0, unchanged: true }),
    });
    expect(steps()).not.toContain('syncMirror web1/www');
    expect(steps()).toContain('commitMirror web1/www');
    expect(result.status).toBe('ok');
  });

  test('is held when too much is gone: nothing is written, the post script runs', async () => {
    const { steps, result, state } = await backUp(mirrorHost, {
      inspectMirror: async () => ({ ...MIRROR_LOOK, previousEntries: 1_000, entries: 10, deletions: 990 }),
    });
    expect(steps().slice(2)).toEqual(['runScript web1/www pre', 'inspectMirror web1/www', 'runScript web1/www post']);
    expect(result).toMatchObject({ status: 'held', sources: [{ status: 'held', failure: { type: 'SourceHeld' } }] });
    expect(state).toBe('COMPLETED');
  });

  test('is not held when the run was started with approve, and says what was approved', async () => {
    const look = { ...MIRROR_LOOK, previousEntries: 1_000, entries: 10, deletions: 990 };
    const { of, result } = await backUp(mirrorHost, { inspectMirror: async () => look }, { approve: true });
    expect(of('syncMirror')[0]?.maxDeletions).toBe(990);
    expect(result.sources[0]).toMatchObject({ status: 'ok', notes: [expect.stringMatching(/^Approved: 990 of 1000/)] });
  });

  test('that loses more than the guard allows while it is read ends held', async () => {
    const { of, result } = await backUp(mirrorHost, {
      syncMirror: async () => {
        throw new HoldfastError('SourceHeld', 'rsync stopped deleting after 49 entries');
      },
    });
    expect(of('syncMirror')[0]?.maxDeletions).toBe(49);
    expect(of('commitMirror')).toEqual([]);
    expect(result.status).toBe('held');
  });
});

describe('an archive', () => {
  test('is planned, stored shard by shard and committed', async () => {
    const { steps, result } = await backUp(archiveHost);
    const [scan, ...rest] = steps().slice(3);
    expect(scan).toBe('planArchive web1/www');
    expect(rest.slice(0, 3).sort()).toEqual([
      'writeShard web1/www 0',
      'writeShard web1/www 1',
      'writeShard web1/www 2',
    ]);
    expect(rest.slice(3)).toEqual(['commitArchive web1/www', 'runScript web1/www post']);
    expect(result.sources[0]).toMatchObject({
      status: 'ok',
      level: 1,
      backupId: ARCHIVE_PLAN.backupId,
      figures: { shards: 3 },
    });
  });

  test('never writes more shards at once than the source allows', async () => {
    let inFlight = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const twoAtOnce = new Promise<void>((resolve) => (release = resolve));
    const { of } = await backUp(archiveHost, {
      planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 7 }),
      writeShard: async () => {
        most = Math.max(most, ++inFlight);
        if (inFlight === 2) release();
        await twoAtOnce;
        inFlight--;
        return { sizeBytes: 1, rawBytes: 1, flaws: 0, reused: false };
      },
    });
    expect(
      of('writeShard')
        .map(({ shard }) => shard)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(2);
  });

  test('writes the extents of large files after the shards, and commits when all of them are stored', async () => {
    const { steps, of } = await backUp(archiveHost, {
      planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 1, extentBatches: 3 }),
    });
    const written = steps().filter((step) => /^(writeShard|writeExtents|commitArchive)/.test(step));
    expect(written[0]).toMatch(/^writeShard .* 0$/);
    // Two at a time: which of them is begun first is the worker's business.
    expect(
      of('writeExtents')
        .map(({ batch }) => batch)
        .sort(),
    ).toEqual([0, 1, 2]);
    expect(written.at(-1)).toMatch(/^commitArchive/);
    expect(written).toHaveLength(5);
  });

  test('of more shards than one history may hold is written by children', async () => {
    const archive = { ...sourcePlan().archive, parallelShards: 50 };
    const { activities, of } = recordActivities([hostPlan({ sources: [sourcePlan({ engine: 'archive', archive })] })], {
      planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 501 }),
    });
    const run = async ({ start }: Runs): Promise<readonly [HostBackupResult, number]> => {
      const handle = await start('hostBackup', input(archiveHost));
      const result = await resultOf<HostBackupResult>(handle);
      return [result, (await handle.describe()).historyLength];
    };
    const [result, events] = await temporal.withWorker(activities, run);
    expect(new Set(of('writeShard').map(({ shard }) => shard)).size).toBe(501);
    expect(of('commitArchive')).toHaveLength(1);
    expect(result.status).toBe('ok');
    expect(events).toBeLessThan(60);
  });

  test('is planned again when another backup was committed meanwhile, and the first plan is discarded', async () => {
    let commits = 0;
    const { steps, result } = await backUp(archiveHost, {
      planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 1 }),
      commitArchive: async () => {
        if (++commits === 1) throw new HoldfastError('ChainMoved', 'another backup was committed');
        return {
          backupId: ARCHIVE_PLAN.backupId,
          status: 'ok',
          storedBytes: 1,
          rawBytes: 1,
          flaws: { count: 0, first: [] },
        };
      },
    });
    expect(steps().slice(3, -1)).toEqual([
      'planArchive web1/www',
      'writeShard web1/www 0',
      'commitArchive web1/www',
      'discardArchivePlan www',
      'planArchive web1/www',
      'writeShard web1/www 0',
      'commitArchive web1/www',
    ]);
    expect(result.status).toBe('ok');
  });

  test('gives up after three plans', async () => {
    const { of, result } = await backUp(archiveHost, {
      commitArchive: async () => {
        throw new HoldfastError('ChainMoved', 'another backup was committed');
      },
    });
    expect([of('planArchive').length, of('commitArchive').length, of('discardArchivePlan').length]).toEqual([3, 3, 3]);
    expect(result.sources[0]?.failure?.type).toBe('ChainMoved');
  });

  test('whose shard fails cancels the other shards, discards the plan and commits nothing', async () => {
    const { steps, result } = await backUp(archiveHost, {
      writeShard: async ({ shard }) => {
        if (shard === 1) throw new HoldfastError('DestinationFull', 'no space left in vault');
        return untilCancelled();
      },
    });
    expect(steps().slice(4).sort()).toEqual([
      'discardArchivePlan www',
      'runScript web1/www post',
      'writeShard web1/www 0',
      'writeShard web1/www 1',
    ]);
    expect(result.sources[0]?.failure).toMatchObject({ type: 'DestinationFull', message: 'no space left in vault' });
  });
});

describe('scripts', () => {
  test('a failed pre script skips the engine, runs the post script, and fails the source', async () => {
    const { steps, result, state } = await backUp(mirrorHost, {
      runScript: async ({ phase }) => {
        if (phase === 'pre') throw new HoldfastError('HookFailed', 'freeze ended with exit code 3');
        return { exitCode: 0, durationMs: 1, output: '' };
      },
    });
    expect(steps().slice(2)).toEqual(['runScript web1/www pre', 'runScript web1/www post']);
    expect(result).toMatchObject({
      status: 'failed',
      sources: [{ status: 'failed', failure: { type: 'HookFailed' } }],
    });
    expect(state).toBe('FAILED');
  });

  test('a script that ends with a code other than 0 has failed', async () => {
    const { result } = await backUp(mirrorHost, {
      runScript: async () => ({ exitCode: 7, durationMs: 1, output: 'no database' }),
    });
    expect(result.sources[0]?.failure?.message).toBe('The pre script freeze ended with exit code 7: no database');
  });

  test('the post script learns how the source ended', async () => {
    const { of } = await backUp(mirrorHost, {
      syncMirror: async () => {
        throw new HoldfastError('DestinationFull', 'no space left in vault');
      },
    });
    expect(of('runScript').map(({ phase, status }) => [phase, status])).toEqual([
      ['pre', undefined],
      ['post', 'failed'],
    ]);
  });

  test('a failed post script after a good backup is a warning, and the backup stands', async () => {
    const { result, state } = await backUp(mirrorHost, {
      runScript: async ({ phase }) => {
        if (phase === 'post') throw new HoldfastError('HookTimedOut', 'thaw ran longer than 60 s');
        return { exitCode: 0, durationMs: 1, output: '' };
      },
    });
    expect(result.sources[0]).toMatchObject({
      status: 'warning',
      backupId: '20261121T020000Z-0',
      failure: { type: 'HookTimedOut' },
    });
    expect(state).toBe('COMPLETED');
  });
});

describe('cancellation', () => {
  test('ends the transfer, runs the post script, leaves later sources alone, and is shown as cancelled', async () => {
    const host = hostPlan({ sources: [sourcePlan(withScripts), sourcePlan({ name: 'etc' })] });
    const { steps, result, state } = await backUp(
      host,
      { syncMirror: untilCancelled },
      {},
      async ({ called }, cancel) => {
        await called('syncMirror');
        await cancel();
      },
    );
    expect(steps().slice(-2)).toEqual(['syncMirror web1/www', 'runScript web1/www post']);
    expect(result.sources.map(({ source, status }) => [source, status])).toEqual([
      ['www', 'cancelled'],
      ['etc', 'cancelled'],
    ]);
    expect(result.status).toBe('cancelled');
    expect(state).toBe('CANCELLED');
  });

  test('while a commit runs leaves the backup whole and counted', async () => {
    let release: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => (release = resolve));
    const overrides: Overrides = {
      commitMirror: async () => {
        await cancelled;
        return { backupId: '20261121T020000Z-0', status: 'ok' };
      },
    };
    const { result, steps } = await backUp(mirrorHost, overrides, {}, async ({ called }, cancel) => {
      await called('commitMirror');
      await cancel();
      release();
    });
    expect(result.sources[0]).toMatchObject({ status: 'ok', backupId: '20261121T020000Z-0' });
    expect(steps().at(-1)).toBe('runScript web1/www post');
  });

  test('of an archive discards its plan', async () => {
    const { of, result } = await backUp(archiveHost, { writeShard: untilCancelled }, {}, async ({ called }, cancel) => {
      await called('writeShard', 2);
      await cancel();
    });
    expect(of('discardArchivePlan')).toHaveLength(1);
    expect(of('writeShard')).toHaveLength(2);
    expect(result.status).toBe('cancelled');
  });
});

describe('a source', () => {
  test('that takes longer than its limit is stopped, its post script runs, and the next one goes on', async () => {
    const slow = sourcePlan({ ...withScripts, timeoutMs: 300 });
    const host = hostPlan({ sources: [slow, sourcePlan({ name: 'etc' })] });
    const { steps, result } = await backUp(host, {
      syncMirror: async ({ source }) => {
        if (source.name === 'www') return untilCancelled();
        throw new HoldfastError('RsyncFailed', 'exit code 1');
      },
    });
    expect(result.sources.map(({ failure }) => failure?.type)).toEqual(['TimedOut', 'RsyncFailed']);
    expect(steps()).toContain('runScript web1/www post');
  });

  test('that is missing fails alone', async () => {
    const host = hostPlan({ sources: [sourcePlan(), sourcePlan({ name: 'etc', path: '/etc' })] });
    const { result } = await backUp(host, {
      probeHost: async () => ({
        tools: {},
        clockSkewMs: 0,
        roundTripMs: 1,
        sources: [
          { source: 'www', state: 'missing' },
          { source: 'etc', state: 'directory' },
        ],
      }),
      inspectMirror: async ({ source }) => {
        if (source.name === 'www') throw new HoldfastError('SourceMissing', '/var/www does not exist');
        return MIRROR_LOOK;
      },
    });
    expect(result.sources.map(({ status, failure }) => [status, failure?.type])).toEqual([
      ['failed', 'SourceMissing'],
      ['ok', undefined],
    ]);
    expect(result.status).toBe('failed');
  });

  test('that is missing before its pre script gets the chance to be mounted by it', async () => {
    const { result } = await backUp(mirrorHost, {
      probeHost: async () => ({
        tools: {},
        clockSkewMs: 0,
        roundTripMs: 1,
        sources: [{ source: 'www', state: 'missing' }],
      }),
    });
    expect(result.status).toBe('ok');
  });

  test.each([mirrorHost, archiveHost])(
    'in a dry run is looked at only, without scripts ($sources.0.engine)',
    async (host) => {
      const { steps, result } = await backUp(host, {}, { dryRun: true });
      expect(steps().slice(2)).toEqual([`${host === mirrorHost ? 'inspectMirror' : 'planArchive'} web1/www`]);
      expect(result.sources[0]).toMatchObject({
        status: 'ok',
        dryRun: true,
        figures: { entries: 100, changed: 5, deleted: 1 },
        notes: ['A dry run runs no scripts: freeze, thaw left out.'],
      });
      expect(result.sources[0]).not.toHaveProperty('backupId');
    },
  );
});

describe('a host', () => {
  test('that cannot be reached is looked at quickly, then four times with patience, and skipped with the reason', async () => {
    const { calls, result, state } = await backUp(mirrorHost, {
      probeHost: async () => {
        throw new HoldfastError('HostUnreachable', 'web1 did not answer on port 22');
      },
    });
    expect(calls.filter(({ name }) => name === 'probeHost').map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3, 4]);
    expect(result).toMatchObject({
      status: 'skipped',
      failure: { type: 'HostUnreachable', host: 'web1' },
      sources: [{ source: 'www', status: 'skipped' }],
    });
    expect(state).toBe('COMPLETED');
  });

  test('that refuses the login fails at once', async () => {
    const { of, result } = await backUp(mirrorHost, {
      probeHost: async () => {
        throw new HoldfastError('HostAuthFailed', 'web1 refused the key');
      },
    });
    expect(of('probeHost')).toHaveLength(1);
    expect(result).toMatchObject({ status: 'failed', failure: { type: 'HostAuthFailed' } });
  });

  test('answers what it is doing', async () => {
    const recorded = recordActivities([archiveHost], { writeShard: untilCancelled });
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('hostBackup', input(archiveHost));
      await recorded.called('writeShard', 2);
      expect(await handle.query<HostProgress>('progress')).toMatchObject({
        host: 'web1',
        doing: 'www: transferring',
        sources: [{ source: 'www', step: 'transferring', shardsDone: 0, shardsTotal: 3, changedBytes: 50_000 }],
      });
      await handle.cancel();
      await resultOf(handle);
    });
  });

  test('can be found by its search attributes', async () => {
    const recorded = recordActivities([mirrorHost]);
    await temporal.withWorker(recorded.activities, async ({ start }) => {
      const handle = await start('hostBackup', input(mirrorHost));
      await resultOf(handle);
      const { searchAttributes } = await handle.describe();
      expect(searchAttributes).toMatchObject({ HoldfastHost: ['web1'], HoldfastStatus: ['ok'] });
    });
  });
});
