import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { HoldfastError } from '../../../src/core/failures.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import type { HostBackupResult } from '../../../src/workflows/messages.js';
import { hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';
import {
  recordActivities,
  untilCancelled,
  type Overrides,
  type RecordedActivities,
} from '../../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const ANYTHING: unknown = expect.anything();

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(async () => {
  await temporal.stop();
});

const frozenSource = (news: Partial<SourcePlan> = {}): SourcePlan =>
  sourcePlan({ preScript: scriptPlan('before'), postScript: scriptPlan('after'), freeze: { kind: 'btrfs' }, ...news });

interface Outcome extends RecordedActivities {
  readonly source: HostBackupResult['sources'][number];
}

async function backUp(
  source: SourcePlan,
  overrides: Overrides = {},
  { dryRun = false, cancelAt }: { dryRun?: boolean; cancelAt?: 'freezeSource' | 'syncMirror' } = {},
): Promise<Outcome> {
  const recorded = recordActivities([hostPlan({ sources: [source] })], overrides);
  return temporal.withWorker(recorded.activities, async ({ start }) => {
    const handle = await start('hostBackup', {
      configPath: '/etc/holdfast/config.yaml',
      host: 'web1',
      selection: { hosts: [], sources: [], tags: [] },
      options: { dryRun, full: false, approve: false },
    });
    if (cancelAt !== undefined) {
      await recorded.called(cancelAt);
      await handle.cancel();
    }
    const { sources } = await resultOf<HostBackupResult>(handle);
    return { ...recorded, source: sources[0] as Outcome['source'] };
  });
}

const steps = ({ steps: all }: Outcome): string[] => all().map((step) => step.replace(' web1/www', ''));
const failing = (type: 'FreezeFailed' | 'RsyncFailed' | 'ThawFailed') => async (): Promise<never> => {
  throw new HoldfastError(type, 'as the test wants it');
};
const FROZEN = {
  readPath: '/snap',
  frozenAtMs: 1,
  notIncluded: { count: 0, first: [] },
  notFrozen: { count: 0, first: [] },
};

describe('a source with freeze', () => {
  test('is frozen after its pre script, read where it is frozen, and released before its post script', async () => {
    const outcome = await backUp(frozenSource());
    expect(steps(outcome)).toEqual([
      'loadHost web1',
      'probeHost web1',
      'runScript pre',
      'freezeSource',
      'inspectMirror',
      'syncMirror',
      'commitMirror',
      'thawSource',
      'runScript post',
    ]);
    expect(outcome.of('syncMirror')[0]?.source).toMatchObject({ path: '/var/www', readPath: '/frozen/var/www' });
    expect(outcome.of('thawSource')[0]?.frozen).toBe(true);
    expect(outcome.source).toMatchObject({ status: 'ok', notes: [] });
  });

  test('as an archive gives every step the frozen tree and the time of the freeze', async () => {
    const outcome = await backUp(frozenSource({ engine: 'archive' }));
    const frozen = { readPath: '/frozen/var/www', frozenAtMs: 1_795_226_399_000 };
    for (const name of ['planArchive', 'writeShard', 'commitArchive'] as const)
      expect(outcome.of(name)[0]?.source).toMatchObject(frozen);
  });

  test('that cannot be frozen fails without being read, and what was made of the freeze is released', async () => {
    const outcome = await backUp(frozenSource(), { freezeSource: failing('FreezeFailed') });
    expect(steps(outcome).slice(3)).toEqual(['freezeSource', 'thawSource', 'runScript post']);
    expect(outcome.of('thawSource')[0]?.frozen).toBe(false);
    expect(outcome.source).toMatchObject({ status: 'failed', failure: { type: 'FreezeFailed' } });
  });

  test('is released when the transfer fails', async () => {
    const outcome = await backUp(frozenSource(), { syncMirror: failing('RsyncFailed') });
    expect(steps(outcome).slice(-3)).toEqual(['syncMirror', 'thawSource', 'runScript post']);
    expect(outcome.source).toMatchObject({ status: 'failed', failure: { type: 'RsyncFailed' } });
  });

  test.each(['freezeSource', 'syncMirror'] as const)(
    'is released when the run is cancelled during %s',
    async (cancelAt) => {
      const outcome = await backUp(frozenSource(), { [cancelAt]: untilCancelled }, { cancelAt });
      expect(steps(outcome).slice(-3)).toEqual([cancelAt, 'thawSource', 'runScript post']);
      expect(outcome.source.status).toBe('cancelled');
    },
  );

  test('is released at its time limit', async () => {
    const outcome = await backUp(frozenSource({ timeoutMs: 1_000 }), { syncMirror: untilCancelled });
    expect(steps(outcome).slice(-3)).toEqual(['syncMirror', 'thawSource', 'runScript post']);
    expect(outcome.source).toMatchObject({ status: 'failed', failure: { type: 'TimedOut' } });
  });

  test('is released by another attempt when one fails, and the result is a good one', async () => {
    let attempts = 0;
    const outcome = await backUp(frozenSource(), {
      thawSource: async () => {
        if (++attempts === 1) throw new HoldfastError('ThawFailed', 'busy');
        return { troubles: [] };
      },
    });
    expect(attempts).toBe(2);
    expect(outcome.source).toMatchObject({ status: 'ok', notes: [] });
  });

  test('that does not hold all of its tree is a warning that names what is missing', async () => {
    const outcome = await backUp(frozenSource(), {
      freezeSource: async () => ({
        ...FROZEN,
        notIncluded: { count: 3, first: ['a (nested subvolume)', 'b (nested subvolume)'] },
      }),
    });
    expect(outcome.source.status).toBe('warning');
    expect(outcome.source.notes).toEqual([
      matching(/^Not included: a \(nested subvolume\), b \(nested subvolume\) and 1 more \(/),
    ]);
  });

  test('whose freeze ended before its time is a warning that says so', async () => {
    const outcome = await backUp(frozenSource(), {
      thawSource: async () => ({ troubles: ['It was thawed too early.'] }),
    });
    expect(outcome.source).toMatchObject({
      status: 'warning',
      notes: ['It was thawed too early.'],
      backupId: ANYTHING,
      errorCounts: NO_ERRORS,
      warnings: 1,
      evidence: ['It was thawed too early.'],
    });
  });

  test('whose failed transfer is followed by a failed release has both counted', async () => {
    const outcome = await backUp(frozenSource(), {
      syncMirror: failing('RsyncFailed'),
      thawSource: async () => {
        throw new HoldfastError('FreezeFailed', 'still frozen');
      },
    });
    expect(outcome.source).toMatchObject({
      status: 'failed',
      failure: { type: 'RsyncFailed' },
      errorCounts: { ...NO_ERRORS, other: 2 },
      evidence: ['as the test wants it', 'still frozen'],
    });
  });

  test('is not frozen in a dry run, which says so', async () => {
    const outcome = await backUp(frozenSource(), {}, { dryRun: true });
    expect(steps(outcome)).not.toContain('freezeSource');
    expect(outcome.source.notes).toContainEqual(containing('freezes nothing'));
  });
});

test('a source without freeze is read as it is', async () => {
  const outcome = await backUp(sourcePlan());
  expect(steps(outcome)).toEqual(['loadHost web1', 'probeHost web1', 'inspectMirror', 'syncMirror', 'commitMirror']);
  expect(outcome.of('syncMirror')[0]?.source).not.toHaveProperty('readPath');
});
