import { expect, test } from 'vitest';
import { failure } from '../../../src/core/failures.js';
import { fittedOutcomes } from '../../../src/workflows/hooks/hook-outcomes.js';
import type { HookOutcome } from '../../../src/workflows/messages.js';
import { bytesOf } from '../../../src/workflows/payload-budget.js';

const outcome = (news: Partial<HookOutcome>): HookOutcome => ({
  on: 'after_source',
  name: 'tell',
  where: 'host',
  onFailure: 'warn',
  ...news,
});

test('few outcomes keep the end of what they printed', () => {
  const [kept] = fittedOutcomes([outcome({ result: { durationMs: 1, output: `${'x'.repeat(4_000)}the end` } })]);
  expect(kept?.result?.output).toMatch(/^x{505}the end$/);
});

test('many that printed much stay small: first their output goes, then the last of them', () => {
  const loud = Array.from({ length: 30 }, () => outcome({ result: { durationMs: 1, output: 'ü'.repeat(4_000) } }));
  expect(fittedOutcomes(loud).map(({ result }) => result?.output)).toEqual(loud.map(() => ''));
  const broken = Array.from({ length: 150 }, () => outcome({ failure: failure('HookFailed', 'y'.repeat(4_000)) }));
  const fitted = fittedOutcomes(broken);
  expect(fitted.length).toBeGreaterThan(5);
  expect(bytesOf(fitted)).toBeLessThan(7_000);
});
