import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import type { SourcePlan } from '../../src/core/plan.js';

const sources = (path: string, host = '', config = ''): readonly SourcePlan[] =>
  parseConfig(`config: {backup_base: /b${config}}\nhosts: {h: {${host}paths: [{path: /x${path}}]}}`, 'f').hosts[0]
    ?.sources ?? [];

describe('marker', () => {
  test.each([
    ['', undefined],
    [', marker: .mounted', ['.mounted']],
    [', marker: data/.mounted', ['data/.mounted']],
    [`, marker: [.mounted, "it's here"]`, ['.mounted', "it's here"]],
  ])('%j', (written, markers) => {
    expect(sources(written)[0]?.markers).toEqual(markers);
  });

  test.each(['/etc/marker', '../marker', 'a/../b', '""', '[]', '7', '"a\\tb"'])('%s is a mistake', (written) => {
    expect(() => sources(`, marker: ${written}`)).toThrow(/f:2:\d+: .*marker/);
  });

  test('stands at a path only: other sources have other trees', () => {
    expect(() => sources('', 'marker: .mounted, ')).toThrow(/marker/);
  });
});

describe('hold_for', () => {
  test.each([
    ['', '', '', undefined],
    ['', '', ', hold_for: 12h', 43_200_000],
    ['', 'hold_for: 1h, ', ', hold_for: 12h', 3_600_000],
    [', hold_for: 90', 'hold_for: 1h, ', '', 90_000],
    [', hold_for: 0s', 'hold_for: 1h, ', '', undefined],
  ])('%j %j %j: %s', (path, host, config, holdForMs) => {
    expect(sources(path, host, config)[0]?.holdForMs).toBe(holdForMs);
  });

  test.each(['31d', 'soon', '-1h'])('%s is a mistake', (written) => {
    expect(() => sources(`, hold_for: ${written}`)).toThrow(/f:2:\d+: .*hold_for/);
  });
});
