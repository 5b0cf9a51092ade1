import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceHealth } from '../../../src/core/history/fleet-state.js';
import { outlookOf } from '../../../src/core/report/days-left.js';
import { partOf } from '../../../src/core/report/part.js';
import { composeReport } from '../../../src/core/report/report.js';
import { DAY_MS } from '../../../src/core/report/window.js';
import { NOON, sourceHealth, sourceRecord } from '../../support/history-records.js';

const window = { untilMs: NOON, days: 3 };
const reportOf = (sources: readonly SourceHealth[], ended = [] as ReturnType<typeof sourceRecord>[]) =>
  composeReport(partOf({ sources, ended }, window), window);

describe('a report', () => {
  test('begins with what is unprotected, the oldest backup first, and none before all', () => {
    const report = reportOf([
      sourceHealth({ source: 'fine', status: 'ok', lastSuccessAtMs: NOON }),
      sourceHealth({ source: 'flawed', status: 'warning', lastSuccessAtMs: NOON }),
      sourceHealth({ source: 'failed', status: 'failed', lastSuccessAtMs: NOON - DAY_MS, unprotected: 'failed' }),
      sourceHealth({ source: 'overdue', status: 'ok', lastSuccessAtMs: NOON - 9 * DAY_MS, unprotected: 'overdue' }),
      sourceHealth({ source: 'away', status: 'skipped', lastSuccessAtMs: NOON - DAY_MS }),
      sourceHealth({ source: 'new', unprotected: 'never' }),
    ]);
    expect(report.sources.map(({ source }) => source)).toEqual(['new', 'overdue', 'failed', 'away', 'flawed', 'fine']);
    expect(report.counts).toEqual({
      hosts: 1,
      sources: 6,
      unprotected: 3,
      toLookAt: 2,
      nothingYet: false,
      withoutExpectation: 6,
      neverProven: 6,
    });
  });

  test('says that nothing was backed up yet, also when it was tried', () => {
    expect(reportOf([sourceHealth({ unprotected: 'never' })]).counts.nothingYet).toBe(true);
    const tried = sourceHealth({ status: 'failed', unprotected: 'never' });
    expect(reportOf([tried], [sourceRecord({ status: 'failed' })]).counts.nothingYet).toBe(true);
  });

  test('has a host’s worst day by day, and hosts with something unprotected first', () => {
    const sources = ['a', 'b'].flatMap((host) => ['etc', 'www'].map((source) => sourceHealth({ host, source })));
    const report = reportOf(
      sources.map((source) => (source.host === 'b' ? { ...source, unprotected: 'never' } : source)),
      [
        sourceRecord({ host: 'a', source: 'etc', atMs: NOON - DAY_MS }),
        sourceRecord({ host: 'a', source: 'www', atMs: NOON - DAY_MS, status: 'warning', storedBytes: 5 }),
        sourceRecord({ host: 'a', source: 'www', atMs: NOON }),
      ],
    );
    expect(report.hosts.map(({ host, days, storedBytes }) => [host, days, storedBytes])).toEqual([
      ['b', '---', 0],
      ['a', '-wo', 2_005],
    ]);
  });
});

describe('how long a disk lasts', () => {
  test('is told from how it filled up', () => {
    expect(outlookOf([100, 90, 80, 70])).toEqual({ trend: 'filling', daysLeft: 7 });
    const withGaps = outlookOf([null, 100, null, 80, 70]);
    expect(withGaps.trend === 'filling' ? withGaps.daysLeft : undefined).toBeCloseTo(7);
    // Nobody looked for two days, then for a fortnight.
    expect(outlookOf([100, 90, 80, 70, null, null])).toEqual({ trend: 'filling', daysLeft: 5 });
    expect(outlookOf([100, 90, 80, 70, ...Array<null>(14).fill(null)])).toEqual({ trend: 'filling', daysLeft: 0 });
  });

  test('is not told from less than three days, nor of one that does not fill up', () => {
    expect(outlookOf([])).toEqual({ trend: 'unknown' });
    expect(outlookOf([null, 9, 8, null])).toEqual({ trend: 'unknown' });
    expect(outlookOf([5, 5, 5])).toEqual({ trend: 'steady' });
    expect(outlookOf([5, 6, 7])).toEqual({ trend: 'steady' });
  });

  test('is never negative or endless', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat()), { maxLength: 40 }), (free) => {
        const outlook = outlookOf(free);
        if (outlook.trend !== 'filling') return;
        expect(outlook.daysLeft).toBeGreaterThanOrEqual(0);
        expect(outlook.daysLeft).toBeLessThan(4_000);
      }),
    );
  });
});
