import { ApplicationFailure } from '@temporalio/common';
import { LogTimestamp, type LogMetadata } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { workerLog } from '../../src/workers/worker-log.js';

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const NOON = 1_795_262_400_000n;
const warn = (message: string, meta: LogMetadata): void => {
  workerLog('WARN').warn(message, { [LogTimestamp]: NOON * 1_000_000n, ...meta });
};

test('a line says when, what, where, and why', () => {
  const details = { message: 'connect ECONNREFUSED', records: 2 };
  warn('history was not written', { workflowId: 'backup/web1', activityType: 'noteEnded', attempt: 2, details });
  expect(lines).toEqual([
    '2026-11-21T12:00:00.000Z WARN history was not written (backup/web1 noteEnded attempt 2): connect ECONNREFUSED (records 2)\n',
  ]);
});

test('what hosts and servers said stays in its line, and short', () => {
  const reason = `bad \u001b[31m\npoint${'x'.repeat(1_000)}`;
  warn('records were refused', { details: { records: 3, first: 'source/r/web1/www', reason } });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/refused: bad \\u\{1b\}\[31m\\npointx+… \(records 3, first source\/r\/web1\/www\)\n$/);
  expect(lines[0]?.length).toBeLessThan(700);
});

test('what a host said in a failure looks like no line of the log, and does nothing to a terminal', () => {
  const forged = '2026-11-21T12:00:01.000Z WARN all is well';
  const error = ApplicationFailure.create({ type: 'RemoteCommandFailed', message: `tar: \u001b[2J\n${forged}` });
  warn('Activity failed', { error });
  warn(`Activity failed: \u001b[2J\n${forged}`, { error: new Error(`\u001b[2J\n${forged}`) });
  const told = lines.join('').split('\n');
  expect(told.filter((line) => line.startsWith('2026'))).toHaveLength(2);
  expect(told[0]).toBe('2026-11-21T12:00:00.000Z WARN Activity failed: tar: \\u{1b}[2J');
  expect(told[1]).toBe(`  ${forged} (RemoteCommandFailed)`);
  expect(lines.join('')).not.toContain('\u001b');
});

test('without details nothing is added', () => {
  warn('that is all', { details: {} });
  warn('that is all', {});
  expect(lines).toEqual(Array.from({ length: 2 }, () => '2026-11-21T12:00:00.000Z WARN that is all\n'));
});
