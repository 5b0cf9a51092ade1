import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failures.js';
import { hookEnvironment } from '../../../src/core/hooks/environment.js';
import { programsOf, scriptsOf } from '../../../src/core/hooks/scripts.js';
import {
  HOOK_EVENTS,
  hooksAt,
  withFailedHooks,
  type FailedHook,
  type HookPlan,
} from '../../../src/core/hooks/hooks.js';
import { worstStatus, type Status } from '../../../src/core/statuses.js';
import { oneLine, visibleText } from '../../../src/core/entries/visible-text.js';
import { hookPlan, hostPlan, scriptPlan, sourcePlan } from '../../support/plans.js';

const names = (hooks: readonly HookPlan[]): string[] =>
  hooks.map(({ run }) => ('script' in run ? run.script : (run.command[0] ?? '')));

describe('order', () => {
  const three = (['a', 'b', 'c'] as const).flatMap((name) => [
    hookPlan('before_source', name),
    hookPlan('after_source', name),
  ]);

  test('what comes after runs in the opposite order of what comes before', () => {
    expect(names(hooksAt(three, 'before_source'))).toEqual(['a', 'b', 'c']);
    expect(names(hooksAt(three, 'after_source'))).toEqual(['c', 'b', 'a']);
    expect(hooksAt(three, 'before_host')).toEqual([]);
  });

  test('a host’s hooks on the worker lie around those on the host: between them comes the look at it', () => {
    const mixed = (event: 'before_host' | 'after_host'): HookPlan[] => [
      hookPlan(event, 'config-host'),
      hookPlan(event, 'config-worker', { where: 'worker' }),
      hookPlan(event, 'own-host'),
      hookPlan(event, 'own-worker', { where: 'worker' }),
    ];
    const before = names(hooksAt(mixed('before_host'), 'before_host'));
    expect(before).toEqual(['config-worker', 'own-worker', 'config-host', 'own-host']);
    expect(names(hooksAt(mixed('after_host'), 'after_host'))).toEqual([...before].reverse());
  });
});

describe('what a failed hook makes of an ending', () => {
  const broken = failure('HookFailed', 'it broke');
  const failed = (onFailure: FailedHook['onFailure'], on: FailedHook['on'] = 'after_source'): FailedHook => ({
    on,
    onFailure,
    failure: broken,
  });

  test.each<[Status, FailedHook['onFailure'], Status]>([
    ['ok', 'fail', 'failed'],
    ['warning', 'fail', 'failed'],
    ['held', 'fail', 'failed'],
    ['cancelled', 'fail', 'failed'],
    ['ok', 'warn', 'warning'],
    ['held', 'warn', 'held'],
    ['skipped', 'warn', 'skipped'],
    ['ok', 'ignore', 'ok'],
  ])('%s with a hook of on_failure: %s is %s', (status, onFailure, expected) => {
    const ending = withFailedHooks({ status }, [failed(onFailure)]);
    expect(ending.status).toBe(expected);
    expect('failure' in ending).toBe(expected !== status);
  });

  test('a failure that counted before is not replaced by one that changes nothing', () => {
    const full = failure('DestinationFull', 'no space');
    const ending = withFailedHooks({ status: 'failed', failure: full }, [failed('fail'), failed('warn')]);
    expect(ending.failure).toBe(full);
  });

  test('a snapshot’s hook never makes more than a warning: the backup is there', () => {
    expect(withFailedHooks({ status: 'ok' }, [failed('fail', 'before_snapshot')]).status).toBe('warning');
    expect(withFailedHooks({ status: 'ok' }, [failed('fail', 'after_snapshot')]).status).toBe('warning');
  });

  test('hooks never make an ending better, whatever they are', () => {
    const statuses = fc.constantFrom<Status>('ok', 'warning', 'failed', 'skipped', 'held', 'cancelled');
    const hooks = fc.array(
      fc.record({
        on: fc.constantFrom(...HOOK_EVENTS),
        onFailure: fc.constantFrom('fail' as const, 'warn' as const, 'ignore' as const),
        failure: fc.constantFrom(broken, failure('Cancelled', 'cancelled')),
      }),
    );
    fc.assert(
      fc.property(statuses, hooks, (status, given) => {
        const after = withFailedHooks({ status }, given).status;
        expect(worstStatus([status, after])).toBe(after);
        const counted = given.filter(
          ({ onFailure, failure: { type } }) => onFailure !== 'ignore' && type !== 'Cancelled',
        );
        expect(after === 'ok').toBe(status === 'ok' && counted.length === 0);
      }),
    );
  });
});

describe('environment', () => {
  const run = { workflowId: 'host/web1', runId: 'r1' };

  test('has every variable at every event, empty where nothing is known', () => {
    const all = HOOK_EVENTS.map((event) => Object.keys(hookEnvironment(event, { run })));
    for (const keys of all) expect(keys).toEqual(all[0]);
    expect(all[0]).toEqual(expect.arrayContaining(['HOLDFAST_HOOK', 'HOLDFAST_STATUS', 'HOLDFAST_ERROR']));
    expect(hookEnvironment('before_source', { run })).toMatchObject({ HOLDFAST_STATUS: '', HOLDFAST_ERROR: '' });
  });

  test('a failure’s message is one line of text of bounded length, whatever a host put into it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (message) => {
        const { HOLDFAST_ERROR: told = '' } = hookEnvironment('on_error', {
          run,
          failure: failure('RsyncFailed', message),
        });
        expect(told.length).toBeLessThanOrEqual(2_000);
        expect(told).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      }),
    );
  });

  test('a restore says where it writes to, and whether that is the source’s own place', () => {
    const target = { host: 'web2', path: '/restore', inPlace: false };
    expect(hookEnvironment('before_restore', { run, target })).toMatchObject({
      HOLDFAST_TARGET_HOST: 'web2',
      HOLDFAST_TARGET_PATH: '/restore',
      HOLDFAST_IN_PLACE: '0',
    });
  });
});

test('text for people keeps its lines, and shows what a terminal would act on', () => {
  expect(visibleText('a\n\tb\x1b[31m\u202e')).toBe('a\n\tb\\u{1b}[31m\\u{202e}');
  expect(oneLine('a\nb\\\x00\ud800')).toBe('a\\nb\\\\\\u{0}\\u{d800}');
});

test('every script and program that a host needs is named, with where it runs and who wants it', () => {
  const host = hostPlan({
    hooks: [hookPlan('before_host', 'wake', { where: 'worker' })],
    sources: [
      sourcePlan({
        preScript: scriptPlan('stop'),
        hooks: [hookPlan('after_source', 'say'), { ...hookPlan('on_error', 'x'), run: { command: ['logger', 'no'] } }],
      }),
    ],
  });
  expect(scriptsOf(host).map(({ name, where, usedBy }) => [name, where, usedBy])).toEqual([
    ['wake', 'worker', 'before_host hook'],
    ['stop', 'host', 'www: pre_script'],
    ['say', 'host', 'www: after_source hook'],
  ]);
  expect(programsOf(host)).toEqual([{ program: 'logger', where: 'host', usedBy: 'www: on_error hook' }]);
});
