import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import type { HostBackupResult } from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import {
  ARCHIVE_PLAN,
  recordActivities,
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

const SOURCE: SourcePlan = sourcePlan({
  name: 'postgresql',
  path: '/dump/postgresql',
  engine: 'archive',
  dump: { type: 'postgresql', globals: true, options: [], password: { env: 'PGPASS' } },
  preScript: scriptPlan('before'),
  postScript: scriptPlan('after'),
});

interface Outcome extends RecordedActivities {
  readonly source: HostBackupResult['sources'][number];
}

async function backUp(
  overrides: Overrides = {},
  { dryRun = false, cancel = false }: { dryRun?: boolean; cancel?: boolean } = {},
): Promise<Outcome> {
  const recorded = recordActivities([hostPlan({ sources: [SOURCE] })], overrides);
  return temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('hostBackup', {
      configPath: '/etc/holdfast/config.yaml',
      host: 'web1',
      selection: { hosts: [], sources: [], tags: [] },
      options: { dryRun, full: false, approve: false },
    });
    if (cancel) {
      await recorded.called('writeDump');
      await handle.cancel();
    }
    const { sources } = await resultOf<HostBackupResult>(handle);
    return { ...recorded, source: sources[0] as Outcome['source'] };
  });
}

const steps = ({ steps: all }: Outcome): string[] =>
  all()
    .map((step) => step.replace(' web1/postgresql', ''))
    .filter((step) => !/^(loadHost|probeHost|recordRun)/.test(step));

const PLANNED = { plan: { ...ARCHIVE_PLAN, level: 0, parent: null, shards: 0 }, dumps: 2 };

describe('a source that is a dump', () => {
  test('is looked at, dumped one after another and committed, between its scripts', async () => {
    const outcome = await backUp();
    expect(steps(outcome)).toEqual([
      'runScript pre',
      'planDump',
      'writeDump 0',
      'writeDump 1',
      'commitDump',
      'runScript post',
    ]);
    expect(outcome.source).toMatchObject({
      status: 'ok',
      level: 0,
      parent: null,
      figures: { entries: 3, sourceBytes: 9_000, storedBytes: 3_000, shards: 2 },
    });
    // Steps carry where a password is to be found, and the list of what is dumped stays in the destination.
    expect(outcome.of('writeDump')[0]?.source.dump?.password).toEqual({ env: 'PGPASS' });
  });

  test('of which a dump fails is discarded, and the failure is told', async () => {
    const outcome = await backUp({
      writeDump: async ({ dump }) => {
        if (dump === 1) throw new HoldfastError('DumpFailed', 'as the test wants it');
        return { fileName: 'a', sizeBytes: 1, rawBytes: 1, remarks: [], reused: false };
      },
    });
    expect(steps(outcome).slice(-4)).toEqual([
      'writeDump 0',
      'writeDump 1',
      expect.stringContaining('discardArchivePlan'),
      'runScript post',
    ]);
    expect(outcome.source).toMatchObject({ status: 'failed', failure: { type: 'DumpFailed' } });
    expect(outcome.source.backupId).toBeUndefined();
  });

  test('of which a program had something to say is a warning with its words', async () => {
    const outcome = await backUp({
      writeDump: async ({ dump }) => ({
        ...{ fileName: `db${dump}.dump`, sizeBytes: 1, rawBytes: 1, reused: false },
        remarks: dump === 0 ? ['pg_dump: warning: odd'] : [],
      }),
    });
    expect(outcome.source).toMatchObject({
      status: 'warning',
      notes: ['db0.dump: pg_dump: warning: odd'],
      errorCounts: NO_ERRORS,
      warnings: 1,
      evidence: ['db0.dump: pg_dump: warning: odd'],
    });
    expect(outcome.source.backupId).toBeDefined();
  });

  test('whose databases are gone is held, and nothing is dumped', async () => {
    const outcome = await backUp({
      planDump: async () => ({ ...PLANNED, plan: { ...PLANNED.plan, previousEntries: 100, deleted: 97 } }),
    });
    expect(steps(outcome)).toEqual([
      'runScript pre',
      'planDump',
      expect.stringContaining('discardArchivePlan'),
      'runScript post',
    ]);
    expect(outcome.source).toMatchObject({ status: 'held', failure: { type: 'SourceHeld' } });
  });

  test('is looked at in a dry run, and no more', async () => {
    const outcome = await backUp({}, { dryRun: true });
    expect(steps(outcome)).toEqual(['planDump']);
    expect(outcome.source).toMatchObject({ status: 'ok', dryRun: true });
  });

  test('that is cancelled ends its dump and leaves nothing', async () => {
    const outcome = await backUp({ writeDump: untilCancelled }, { cancel: true });
    expect(steps(outcome).slice(-2)).toEqual([expect.stringContaining('discardArchivePlan'), 'runScript post']);
    expect(outcome.source.status).toBe('cancelled');
  });

  test('is tried again after an unreachable server, not after a refused login', async () => {
    let attempts = 0;
    const outcome = await backUp({
      writeDump: async ({ dump }) => {
        attempts += 1;
        if (attempts === 1) throw new HoldfastError('DatabaseUnreachable', 'hung up');
        if (dump === 1) throw new HoldfastError('DatabaseLoginFailed', 'refused');
        return { fileName: 'a', sizeBytes: 1, rawBytes: 1, remarks: [], reused: false };
      },
    });
    expect(attempts).toBe(3);
    expect(outcome.source).toMatchObject({
      status: 'failed',
      failure: { type: 'DatabaseLoginFailed' },
      errorCounts: { ...NO_ERRORS, permission: 1 },
      evidence: ['refused'],
    });
  });
});
