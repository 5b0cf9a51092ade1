import { describe, expect, test } from 'vitest';
import { combinedStatistics, NO_STATISTICS, type RsyncStatistics } from '../../../src/core/rsync/statistics.js';
import { TransferClock } from '../../../src/core/rsync/transfer-clock.js';
import { DEFAULT_EXPECTATIONS, type Transfer, transferRemarks } from '../../../src/core/rsync/transfer-remarks.js';

const MIB = 2 ** 20;
const statistics = (news: Partial<RsyncStatistics>): RsyncStatistics => ({ ...NO_STATISTICS, speedup: 100, ...news });
const remarks = (news: Partial<Transfer>, expected = DEFAULT_EXPECTATIONS): string[] =>
  transferRemarks({ statistics: NO_STATISTICS, movingMs: 0, previousEntries: 1000, ...news }, expected);

describe('a slow transfer', () => {
  const bytes = (bytesReceived: number) => ({ statistics: statistics({ bytesReceived }), movingMs: 100_000 });

  test('is one below the rate, for longer than a minute', () => {
    expect(remarks(bytes(99_900_000)).join()).toMatch(
      /^Slow transfer: 999\.0 kB\/s over 100 s, less than the 1\.0 MB\/s/,
    );
    expect(remarks(bytes(100_000_000))).toEqual([]);
    expect(remarks({ ...bytes(10), movingMs: 59_999 })).toEqual([]);
    expect(remarks(bytes(1_000), { ...DEFAULT_EXPECTATIONS, minRateBytesPerSecond: 10 })).toEqual([]);
    expect(remarks(bytes(10), { status: 'note' })).toEqual([]);
  });

  test('is none when a limit was asked for that it keeps to', () => {
    expect(remarks({ ...bytes(50_000_000), limitBytesPerSecond: 500_000 })).toEqual([]);
    expect(remarks({ ...bytes(20_000_000), limitBytesPerSecond: 500_000 })).toHaveLength(1);
  });

  test('is none when the data matched what was there: both ends read it', () => {
    expect(remarks({ statistics: statistics({ matchedBytes: 1e10, bytesReceived: 5 }), movingMs: 100_000 })).toEqual(
      [],
    );
  });
});

describe('a low speedup', () => {
  const low = statistics({
    speedup: 1.02,
    totalSizeBytes: 100 * MIB,
    literalBytes: 98 * MIB,
    filesTotal: 1000,
    filesCreated: 3,
    filesTransferred: 990,
  });

  test('is remarked on with what was sent', () => {
    expect(remarks({ statistics: low }).join()).toMatch(
      /^Low speedup: 1\.02; 98 % of the data .* only 3 of 1000 entries/,
    );
  });

  test.each<[string, Partial<Transfer>]>([
    ['a first copy', { statistics: low, previousEntries: 0 }],
    ['an emptied mirror', { statistics: low, previousEntries: 1 }],
    ['many new files', { statistics: { ...low, filesCreated: 101 } }],
    ['little data', { statistics: { ...low, totalSizeBytes: MIB } }],
    ['a speedup that is as good as asked', { statistics: { ...low, speedup: 1.5 } }],
  ])('is no wonder with %s', (_what, transfer) => {
    expect(remarks(transfer)).toEqual([]);
  });

  test('is never remarked on where that is asked for', () => {
    expect(remarks({ statistics: low }, { ...DEFAULT_EXPECTATIONS, minSpeedup: 0 })).toEqual([]);
  });
});

describe('the clock of a transfer', () => {
  const update = (bytes: number, filesTransferred?: number) => ({
    bytes,
    percent: 0,
    ...(filesTransferred === undefined ? {} : { filesTransferred }),
  });

  test('counts a stalled file whole, and of the time between files no more than two seconds', () => {
    const clock = new TransferClock();
    expect(clock.movingMs).toBe(0);
    clock.add(update(0), 1_000);
    clock.add(update(10), 2_000);
    clock.add(update(10), 62_000); // Nothing came for a minute.
    clock.add(update(20, 1), 63_000);
    expect(clock.movingMs).toBe(62_000);
    clock.add(update(21, 2), 663_000); // Ten minutes of looking at what has not changed.
    expect(clock.movingMs).toBe(64_000);
    clock.add(update(22, 3), 663_100);
    expect(clock.movingMs).toBe(64_100);
  });
});

test('two copies one after the other count as one', () => {
  const first = statistics({
    filesTotal: 9,
    totalSizeBytes: 500,
    literalBytes: 100,
    bytesReceived: 90,
    bytesSent: 10,
    filesDeleted: 2,
  });
  const second = statistics({
    filesTotal: 8,
    totalSizeBytes: 400,
    literalBytes: 50,
    bytesReceived: 60,
    filesTransferred: 1,
  });
  expect(combinedStatistics(first, second)).toEqual({
    ...NO_STATISTICS,
    filesTotal: 8,
    filesTransferred: 1,
    filesDeleted: 2,
    totalSizeBytes: 400,
    literalBytes: 150,
    bytesReceived: 150,
    bytesSent: 10,
    speedup: 2.5,
  });
});
