import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/client/cli-context.js';
import { printFleetReport } from '../../../src/client/reports/fleet-report.js';
import { printReportDocuments } from '../../../src/client/reports/report-documents.js';
import { leftText } from '../../../src/client/reports/report-words.js';
import type { Report } from '../../../src/core/report/report.js';
import { largeFleet, reportOn, SMALL_FLEET, source } from '../../support/report-fleet.js';

const COLOURS = /\u001b\[\d+m/g;

function printed(report: Report) {
  const lines: string[] = [];
  const documents: Record<string, unknown>[] = [];
  const context: CliContext = {
    json: false,
    quiet: false,
    verbose: false,
    interactive: false,
    // The test runner may ask for colours.
    print: (line) => lines.push(...line.replace(COLOURS, '').split('\n')),
    printJson: (document) => documents.push(document as Record<string, unknown>),
    note: () => undefined,
  };
  printFleetReport(context, report);
  printReportDocuments(context, report, undefined);
  return { lines, documents };
}

test('what is not protected comes first, each with why and since when', () => {
  const { lines } = printed(reportOn(SMALL_FLEET));
  expect(lines.slice(0, 9).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    '✗ 5 of 11 sources are not protected (2026-11-21 12:00 UTC)',
    '6 are protected.',
    '',
    'SOURCE | STATE | LAST BACKUP | EXPECTED | WHY',
    'new1:data | never backed up | never | every 24 h | no run yet',
    'db1:etc | overdue | 2026-11-17 02:00 UTC, 4 d ago | every 24 h | no backup for 4 d, expected every 24 h; db1 did not answer on port 22 within 10 s',
    'db1:postgresql | overdue | 2026-11-17 02:00 UTC, 4 d ago | every 24 h | no backup for 4 d, expected every 24 h; db1 did not answer on port 22 within 10 s',
    'web2:mail | overdue | 2026-11-19 02:00 UTC, 2 d ago | every 24 h | no backup for 2 d, expected every 24 h; backup@web2 may not read /srv/mail: permission denied',
    'mail1:mail | held | 2026-11-20 02:00 UTC, 34 h ago | every 24 h | 41,203 of 52,117 entries would be deleted',
  ]);
});

test('what is protected and did not end well comes next, with what a program said of it', () => {
  const { lines } = printed(
    reportOn([
      source('web1', 'etc'),
      source('web1', 'www', {
        fate: (day) => (day === 0 ? { status: 'warning', evidence: ['tar: ./a: file changed', 'tar: ./b'] } : {}),
      }),
      source('web2', 'www', { fate: (day) => (day === 0 ? { status: 'skipped' } : {}) }),
    ]),
  );
  expect(lines.slice(0, 7).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    '✓ All 3 sources are protected (2026-11-21 12:00 UTC)',
    '2 of them are to be looked at.',
    '',
    'To look at:',
    'SOURCE | STATE | LAST BACKUP | EXPECTED | WHY',
    'web2:www | skipped | 2026-11-20 02:00 UTC, 34 h ago | every 24 h | its last run was skipped',
    'web1:www | warning | 2026-11-21 02:00 UTC, 10 h ago | every 24 h | tar: ./a: file changed',
  ]);
});

test('then come counts, storage and proofs', () => {
  const { lines } = printed(reportOn(SMALL_FLEET));
  const text = lines.map((line) => line.replace(/ {2,}/g, ' | ')).join('\n');
  expect(text).toContain(
    'Since 2026-10-23 00:00 UTC: runs of sources 254 ok, 5 warning, 2 failed, 28 skipped, 1 held, 1 cancelled; 221 GiB stored, 39 errors.',
  );
  expect(text).toMatch(/^vault \| \d+ GiB \| 208 GiB \| 559 GiB \| 1\.82 TiB \| about 85 d$/m);
  expect(text).toMatch(/^backup_base \| \d+ GiB \| [\d.]+ GiB \| – \| – \| –$/m);
  expect(text).toContain('Never proven by a restore: 6 of 11 sources.');
  expect(text).toContain('Oldest proof: mail1:mail, 2026-07-14 02:00 UTC, 130 d ago.');
  expect(text).toContain('1 source can never be overdue');
});

test('a fleet without any backup is said to be one, and one without trouble is short', () => {
  const never = printed(reportOn([source('web1', 'etc', { fate: () => undefined })])).lines;
  expect(never[0]).toBe('✗ Nothing was backed up yet (2026-11-21 12:00 UTC)');
  expect(never.join('\n')).toContain('no run ended');
  const fine = printed(reportOn(SMALL_FLEET.slice(0, 2))).lines;
  expect(fine.slice(0, 2)).toEqual(['✓ All 2 sources are protected (2026-11-21 12:00 UTC)', '']);
  expect(printed(reportOn([])).lines[0]).toContain('No sources are configured');
});

test('a list of many is cut and says so; a name can do nothing to the terminal', () => {
  const { lines } = printed(reportOn(largeFleet(1_000, 1)));
  expect(lines.filter((line) => line.includes('data/0')).length).toBe(50);
  expect(lines).toContain('… and 50 more; --json has them all.');
  const evil = printed(reportOn([source('evil\u001b[2J\u202e', 'a\nb', { fate: () => undefined })]));
  expect(evil.lines.join('\n')).toContain('evil\\u{1b}[2J\\u{202e}:a b');
  expect(evil.lines.join('')).not.toMatch(/[\u001b\u202e]/);
});

test('as JSON it has everything, a document for each', () => {
  const report = reportOn(largeFleet(1_000, 1));
  const { documents } = printed(report);
  const count = (type: string): number => documents.filter((document) => document['message_type'] === type).length;
  expect(['source', 'host', 'day', 'destination', 'failure', 'summary'].map(count)).toEqual([
    1_000, 1_000, 30, 2, 60, 1,
  ]);
  expect(documents[0]).toMatchObject({ unprotected: 'failed', failure: { type: 'SourceUnreadable' } });
  expect(documents.find((document) => document['message_type'] === 'day')).toMatchObject({ date: '2026-10-23' });
  expect(documents.at(-1)).toMatchObject({
    message_type: 'summary',
    at: '2026-11-21T12:00:00.000Z',
    days: 30,
    counts: { sources: 1_000, unprotected: 100 },
    failures: 1_000,
    exit_code: 0,
  });
});

test('how long room lasts is told roughly, and never as no time at all', () => {
  expect([0, 0.9, 1, 85.2].map(leftText)).toEqual(['less than a day', 'less than a day', 'about 24 h', 'about 85 d']);
});
