import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../../src/core/failures.js';
import { RSYNC_EXITS, rsyncExit } from '../../../src/core/rsync/exit-codes.js';

describe('rsync’s exit codes', () => {
  test.each([
    ['ok', [0]],
    ['warning', [23, 24]],
    ['retry', [5, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 30, 35, 124, 125, 129, 130, 137, 141, 143, 255]],
    ['failed', [1, 2, 3, 4, 6, 25, 126, 127]],
  ] as const)('class %s is exactly %j', (expected, codes) => {
    const having = Object.keys(RSYNC_EXITS)
      .map(Number)
      .filter((code) => rsyncExit(code).class === expected);
    expect(having).toEqual(codes);
  });

  test('codes that nobody documented are failures', () => {
    fc.assert(
      fc.property(fc.integer(), (code) => {
        fc.pre(!Object.hasOwn(RSYNC_EXITS, code));
        expect(rsyncExit(code)).toMatchObject({ class: 'failed', failure: 'RsyncFailed' });
      }),
    );
  });

  test('what is tried again is retryable in the catalogue, what failed is not', () => {
    for (const exit of Object.values(RSYNC_EXITS)) {
      if (exit.class === 'retry') expect(FAILURES[exit.failure].retryable).toBe(true);
      if (exit.class === 'failed') expect(FAILURES[exit.failure].retryable).toBe(false);
    }
  });

  test('the manual has each code once, in its class', () => {
    const manual = readFileSync(new URL('../../../docs/mirror.md', import.meta.url), 'utf8');
    const rows = [...manual.matchAll(/^\| ([\d, ]+) \| (ok|warning|retry|failed) \|/gm)];
    const said = rows.flatMap(([, codes = '', kind = '']) => codes.split(', ').map((code) => [code, kind]));
    expect(said.sort()).toEqual(
      Object.entries(RSYNC_EXITS)
        .map(([code, exit]) => [code, exit.class])
        .sort(),
    );
  });

  test.each([
    [2, 'HostShellPrintsText'],
    [25, 'SourceHeld'],
    [126, 'ToolMissing'],
    [127, 'ToolMissing'],
    [255, 'RsyncInterrupted'],
    [12, 'RsyncInterrupted'],
  ] as const)('%i is %s', (code, type) => {
    expect(rsyncExit(code).failure).toBe(type);
  });
});
