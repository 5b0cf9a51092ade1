import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/failures.js';
import type { Status } from '../../src/core/statuses.js';
import { summaryOf } from '../../src/workflows/activity-profiles.js';
import { fitted, keepWorst, summaryOfHost, summaryWithoutResult } from '../../src/workflows/backup/fleet-summary.js';
import { withErrors } from '../../src/workflows/backup/source-errors.js';
import { fitted as fittedSources, notBegun } from '../../src/workflows/backup/source-result.js';
import type { HostBackupResult, HostSummary, SourceResult, SourceSummary } from '../../src/workflows/messages.js';
import { bytesOf, firstThatFit } from '../../src/workflows/payload-budget.js';
import { sourcePlan } from '../support/plans.js';

const source = (index: number): SourceSummary => ({
  source: `data/${index}`,
  engine: 'archive',
  status: 'ok',
  sourceBytes: 1,
  storedBytes: 1,
  entries: 1,
  flaws: 0,
  durationMs: 1,
});

const host = (name: string, status: Status, sources: number): HostSummary => ({
  host: name,
  status,
  workflowId: `host/${name}`,
  durationMs: 1,
  sourcesTotal: sources,
  sources: Array.from({ length: sources }, (_, index) => source(index)),
});

describe('a fleet’s list of hosts', () => {
  test('stays within its bytes and keeps the worst, whatever comes in which order', () => {
    const statuses = fc.array(fc.constantFrom<Status>('ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'), {
      minLength: 250,
      maxLength: 300,
    });
    fc.assert(
      fc.property(statuses, (all) => {
        const listed = all
          .map((status, index) => host(`host-${String(index).padStart(4, '0')}`, status, 3))
          .reduce<readonly HostSummary[]>(keepWorst, []);
        const kept = fitted(listed);
        const failed = all.filter((status) => status === 'failed').length;
        expect(bytesOf(kept)).toBeLessThan(48 * 1024);
        expect(kept.length).toBeLessThanOrEqual(200);
        expect(kept.filter(({ status }) => status === 'failed')).toHaveLength(Math.min(failed, kept.length));
        expect(kept.slice(0, failed).every(({ status }) => status === 'failed')).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test('leaves out the best hosts’ sources first', () => {
    const hosts = Array.from({ length: 30 }, (_, index) => host(`ok-${index}`, 'ok', 20));
    const kept = fitted([...hosts, host('bad', 'failed', 20)].reduce<readonly HostSummary[]>(keepWorst, []));
    expect(kept).toHaveLength(31);
    expect(kept[0]).toMatchObject({ host: 'bad', sources: { length: 20 } });
    expect(kept.at(-1)?.sources).toEqual([]);
    expect(kept.at(-1)?.sourcesTotal).toBe(20);
  });

  test('shortens long messages', () => {
    const reason = failure('RemoteCommandFailed', 'x'.repeat(10_000));
    expect(bytesOf(summaryWithoutResult('web1', 'failed', reason, { workflowId: 'host/web1' }))).toBeLessThan(1_000);
  });
});

describe('a host’s list of sources', () => {
  const flawed = (name: string, characters: number): SourceResult => {
    const message = 'x'.repeat(characters);
    const flaws = {
      count: 9,
      first: Array.from({ length: 9 }, (_, at) => ({ path: `${at}`, flaw: 'changed' as const, message })),
    };
    return {
      ...withErrors(notBegun(sourcePlan({ name }), 'warning', undefined, { dryRun: false }), { ending: { flaws } }),
      flaws,
    };
  };

  test('says all that went wrong while it is short', () => {
    const results = [flawed('www', 20), flawed('etc', 20)];
    expect(fittedSources(results)).toBe(results);
    expect(results[0]?.evidence).toHaveLength(5);
  });

  test('of many with much to say keeps counts and a line of each', () => {
    const results = Array.from({ length: 50 }, (_, at) => flawed(`s${at}`, 300));
    const kept = fittedSources(results);
    expect(bytesOf(results)).toBeGreaterThan(150_000);
    expect(bytesOf(kept)).toBeLessThan(48 * 1024);
    for (const one of kept)
      expect(one).toMatchObject({
        errorCounts: { partial: 9 },
        warnings: 9,
        flaws: { count: 9, first: [] },
        evidence: [expect.stringMatching(/^0: x/) as string],
      });
    expect(Object.keys(kept[0]?.errorCounts ?? {})).toEqual(['partial']);
  });

  test('in a fleet’s result is told with the types of errors that there are, and three lines of what is not ok', () => {
    const ok = withErrors(notBegun(sourcePlan(), 'ok', undefined, { dryRun: false }), { ending: {} });
    const result: HostBackupResult = {
      kind: 'host-backup',
      host: 'web1',
      status: 'warning',
      sources: [ok, flawed('etc', 20)],
      notes: [],
      startedAtMs: 0,
      durationMs: 1,
    };
    const [etc, www] = summaryOfHost(result, { workflowId: 'host/web1' }).sources;
    expect(etc).toMatchObject({ errorCounts: { partial: 9 }, evidence: { length: 3 } });
    expect(www).not.toHaveProperty('errorCounts');
    expect(www).not.toHaveProperty('evidence');
  });
});

test('a list is cut where its bytes end', () => {
  expect(firstThatFit(['aaaa', 'bbbb', 'cccc'], 15)).toEqual(['aaaa', 'bbbb']);
  expect(firstThatFit(['ä'.repeat(10)], 15)).toEqual([]);
});

test('a summary never exceeds the 200 bytes that Temporal takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      const summary = summaryOf(text);
      expect(new TextEncoder().encode(summary).length).toBeLessThanOrEqual(200);
      expect(text.startsWith(summary)).toBe(true);
    }),
  );
  expect(summaryOf('www: commit')).toBe('www: commit');
});
