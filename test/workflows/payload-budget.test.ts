import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/failures.js';
import type { Status } from '../../src/core/statuses.js';
import { summaryOf } from '../../src/workflows/activity-profiles.js';
import { fitted, keepWorst, summaryWithoutResult } from '../../src/workflows/backup/fleet-summary.js';
import type { HostSummary, SourceSummary } from '../../src/workflows/messages.js';
import { bytesOf, firstThatFit } from '../../src/workflows/payload-budget.js';

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
