import { describe, expect, test } from 'vitest';
import { type ErrorCounts, NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { type Failure, failure, type FailureType } from '../../../src/core/failures.js';
import type { HookPlan } from '../../../src/core/hooks/hooks.js';
import type { Status } from '../../../src/core/statuses.js';
import { type SourceTroubles, withErrors } from '../../../src/workflows/backup/source-errors.js';
import { notBegun } from '../../../src/workflows/backup/source-result.js';
import type { HookOutcome, ScriptOutcome, SourceResult } from '../../../src/workflows/messages.js';
import { sourcePlan } from '../../support/plans.js';

const told = (status: Status, troubles: SourceTroubles): SourceResult =>
  withErrors(notBegun(sourcePlan(), status, troubles.ending.failure, { dryRun: false }), troubles);

const because = (type: FailureType, message = `because of ${type}`): Failure => failure(type, message);
const DENIED = { path: 'a', flaw: 'unreadable', message: 'Cannot open: Permission denied' } as const;
const CHANGED = { path: 'b', flaw: 'changed', message: 'file changed as we read it' } as const;

const hook = (onFailure: HookPlan['onFailure'], why?: Failure): HookOutcome => ({
  on: 'after_source',
  name: 'tell',
  where: 'host',
  onFailure,
  ...(why === undefined ? { result: { durationMs: 1, output: 'well' } } : { failure: why }),
});
const script = (news: Partial<ScriptOutcome>): ScriptOutcome => ({ phase: 'post', name: 'thaw', ...news });
const exited = (exitCode: number, output = 'no\nway\n') => script({ result: { exitCode, durationMs: 1, output } });

describe('what went wrong with a source is counted', () => {
  test.each<[string, Status, SourceTroubles, Partial<ErrorCounts>, number]>([
    ['nothing', 'ok', { ending: {} }, {}, 0],
    ['a failure', 'failed', { ending: { failure: because('DestinationFull') } }, { disk_full: 1 }, 0],
    ['a time limit', 'failed', { ending: { failure: because('TimedOut') } }, { timeout: 1 }, 0],
    ['a failure nobody knows', 'failed', { ending: { failure: because('InternalError') } }, { other: 1 }, 0],
    ['a hold', 'held', { ending: { failure: because('SourceHeld') } }, {}, 0],
    ['a cancellation', 'cancelled', { ending: { failure: because('Cancelled') } }, {}, 0],
    ['a host that is away', 'skipped', { ending: { failure: because('HostUnreachable') } }, {}, 0],
    ['a slow transfer is a warning', 'warning', { ending: { failure: because('TransferSlow') } }, {}, 1],
    ['a failed snapshot', 'warning', { ending: { failure: because('SnapshotFailed') } }, { other: 1 }, 0],
    [
      'flaws by their words',
      'warning',
      { ending: { flaws: { count: 2, first: [DENIED, CHANGED] } } },
      { permission: 1, partial: 1 },
      2,
    ],
    [
      'flaws as the engine has counted all of them',
      'warning',
      { ending: { flaws: { count: 300, first: [DENIED] }, errorCounts: { ...NO_ERRORS, permission: 300 } } },
      { permission: 300 },
      300,
    ],
    [
      'what was complained about before the failure',
      'failed',
      {
        ending: {
          failure: because('RsyncInterrupted'),
          said: { lines: [], errorCounts: { ...NO_ERRORS, permission: 2 } },
        },
      },
      { permission: 2, connection: 1 },
      0,
    ],
    ['a hook that warns', 'warning', { ending: {}, hooks: [hook('warn', because('HookFailed'))] }, { hook: 1 }, 1],
    ['a hook that ended well', 'ok', { ending: {}, hooks: [hook('fail')] }, {}, 0],
    ['a hook to be ignored', 'ok', { ending: {}, hooks: [hook('ignore', because('HookFailed'))] }, {}, 0],
    [
      'a hook that fails the source is no warning too',
      'failed',
      { ending: {}, hooks: [hook('fail', because('HookTimedOut'))] },
      { hook: 1 },
      0,
    ],
    [
      'a hook that was cancelled',
      'cancelled',
      { ending: { failure: because('Cancelled') }, hooks: [hook('warn', because('Cancelled', 'the hook'))] },
      {},
      0,
    ],
    [
      'a hook whose host went away, by what it failed of',
      'warning',
      { ending: {}, hooks: [hook('warn', because('HostUnreachable'))] },
      { connection: 1 },
      1,
    ],
    [
      'a script that failed the source, once',
      'failed',
      {
        ending: { failure: because('HookFailed') },
        scripts: [script({ phase: 'pre', failure: because('HookFailed') })],
      },
      { hook: 1 },
      0,
    ],
    [
      'a post script after a failure, beside it',
      'failed',
      { ending: { failure: because('DestinationFull') }, scripts: [script({ failure: because('HookTimedOut') })] },
      { disk_full: 1, hook: 1 },
      0,
    ],
    [
      'a post script after a good backup',
      'warning',
      { ending: { failure: because('HookFailed') }, scripts: [script({ failure: because('HookFailed') })] },
      { hook: 1 },
      1,
    ],
    ['a script’s status from an older worker', 'warning', { ending: {}, scripts: [exited(3)] }, { hook: 1 }, 1],
    ['a script that ended well', 'ok', { ending: {}, scripts: [exited(0)] }, {}, 0],
    [
      'failures that decided nothing',
      'failed',
      {
        ending: { failure: because('TransferInterrupted') },
        besides: [because('ThawFailed'), because('SnapshotFailed')],
      },
      { connection: 1, other: 2 },
      0,
    ],
    [
      'a failure that is told twice, once',
      'warning',
      { ending: { failure: because('ThawFailed') }, besides: [because('ThawFailed')] },
      { other: 1 },
      0,
    ],
    ['remarks', 'warning', { ending: { remarks: ['Not included: a', 'Not frozen: b'] } }, {}, 2],
  ])('%s', (_, status, troubles, counts, warnings) => {
    const result = told(status, troubles);
    expect(result.errorCounts).toEqual({ ...NO_ERRORS, ...counts });
    expect(result.warnings).toBe(warnings);
  });
});

describe('the evidence of a source', () => {
  const evidence = (troubles: SourceTroubles): readonly string[] | undefined => told('failed', troubles).evidence;

  test('is absent when nothing went wrong', () => {
    expect(told('ok', { ending: {} })).not.toHaveProperty('evidence');
  });

  test('is what the programs said of the failure, else the failure’s message', () => {
    const lines = ['rsync: [receiver] write failed on "/b/a": No space left on device (28)'];
    expect(evidence({ ending: { failure: because('DestinationFull', 'in short'), said: { lines } } })).toEqual(lines);
    expect(evidence({ ending: { failure: because('DestinationFull', 'in short'), said: { lines: [] } } })).toEqual([
      'in short',
    ]);
    expect(evidence({ ending: { failure: because('DumpFailed', 'one\ntwo') } })).toEqual(['one', 'two']);
  });

  test('goes on with flaws, then with scripts and hooks, then with remarks', () => {
    expect(
      evidence({
        ending: {
          failure: because('SnapshotFailed', 'no snapshot'),
          flaws: { count: 2, first: [DENIED, CHANGED] },
          remarks: ['Not frozen: c'],
        },
        hooks: [hook('warn', because('HookFailed', 'web1: the hook ended with status 9: not today'))],
      }),
    ).toEqual([
      'no snapshot',
      'a: Cannot open: Permission denied',
      'b: file changed as we read it',
      'web1: the hook ended with status 9: not today',
      'Not frozen: c',
    ]);
  });

  test('holds the output of a script, line by line, harmless', () => {
    expect(evidence({ ending: {}, scripts: [exited(3, 'first\u001b[2J\nsecond\n')] })).toEqual([
      'The post script thaw ended with exit code 3: first\\u{1b}[2J',
      'second',
    ]);
  });

  test('stands with rsync’s exit code, of a good end and of a bad one', () => {
    expect(told('warning', { ending: { rsyncExitCode: 23 } }).rsyncExitCode).toBe(23);
    const said = { lines: [], rsyncExitCode: 12 };
    expect(told('failed', { ending: { failure: because('RsyncInterrupted'), said } }).rsyncExitCode).toBe(12);
    expect(told('failed', { ending: { failure: because('RsyncInterrupted') } })).not.toHaveProperty('rsyncExitCode');
  });
});
