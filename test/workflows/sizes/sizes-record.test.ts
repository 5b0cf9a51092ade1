import { expect, test } from 'vitest';
import type { SourceTotals } from '../../../src/core/history/size-records.js';
import { bytesOf } from '../../../src/workflows/payload-budget.js';
import { openSizesRecord } from '../../../src/workflows/sizes/sizes-record.js';

const input = {
  configPath: '/etc/holdfast/config.yaml',
  host: 'web1',
  selection: { hosts: [], sources: [], tags: [] },
  limitMs: 60_000,
};
const totalsOf = (source: string, kinds = 1): SourceTotals => ({
  runId: '01a2006c-c9a7-73ff-9534-d3878e11e965',
  atMs: Date.UTC(2026, 10, 21, 2),
  source,
  destination: 'vault',
  kinds: Array.from({ length: kinds }, () => ({ of: 'archive', count: 7, totalBytes: 1_000_000_000, complete: true })),
});

test('of the totals of very many sources a result has the first ones that fit, and so has the next execution', () => {
  const record = openSizesRecord(input);
  const all = Array.from({ length: 300 }, (_, at) => totalsOf(`source-${at}`));
  for (const totals of all) record.measuredSource(totals);
  const { totals = [] } = record.result();
  expect(totals.length).toBeGreaterThan(50);
  expect(totals).toEqual(all.slice(0, totals.length));
  expect(bytesOf(totals)).toBeLessThanOrEqual(16 * 1024);
  expect(openSizesRecord({ ...input, carried: record.state() }).result().totals).toEqual(totals);
});

test('a source that has nothing takes no room', () => {
  const record = openSizesRecord(input);
  record.measuredSource(totalsOf('empty', 0));
  record.measuredSource(totalsOf('www'));
  expect(record.result().totals).toEqual([totalsOf('www')]);
});
