import fc from 'fast-check';
import { NO_ERRORS } from '../../src/core/errors/error-types.js';
import type {
  DestinationRecord,
  HistoryRecord,
  HostRecord,
  ProofRecord,
  SizeRecord,
  SourceRecord,
} from '../../src/core/history/records.js';
import type { Status } from '../../src/core/statuses.js';

/** Noon of 2025-11-21, UTC: in the past of all who run the tests. */
export const NOON = Date.UTC(2025, 10, 21, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

let numbers = 0;

/** The end of web1's www, an hour before noon; each of a run of its own. */
export const sourceRecord = (news: Partial<SourceRecord> = {}): SourceRecord => {
  const { atMs = NOON - HOUR, runId = `run-${(numbers += 1)}`, host = 'web1', source = 'www' } = news;
  return {
    kind: 'source',
    id: `source/${runId}/${source}`,
    atMs,
    host,
    source,
    destination: 'vault',
    engine: 'mirror',
    workflowId: `host/${host}`,
    runId,
    status: 'ok',
    startedAtMs: atMs - 60_000,
    durationMs: 60_000,
    errorCounts: NO_ERRORS,
    warnings: 0,
    evidence: ['naïve "quoted" ✓'],
    exitCode: 0,
    totalSizeBytes: 2 ** 50,
    storedBytes: 1,
    bytesSent: 2,
    bytesReceived: 3,
    speedup: 1.5,
    filesTotal: 4,
    filesTransferred: 5,
    filesDeleted: 6,
    ...news,
  };
};

export const hostRecord = (news: Partial<HostRecord> = {}): HostRecord => {
  const { atMs = NOON, runId = `run-${(numbers += 1)}`, host = 'web1' } = news;
  return {
    kind: 'host',
    id: `host/${runId}`,
    atMs,
    host,
    workflowId: `host/${host}`,
    runId,
    status: 'ok',
    startedAtMs: atMs - 60_000,
    durationMs: 60_000,
    sources: { ok: 1, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 },
    errors: 0,
    warnings: 0,
    totalSizeBytes: 1,
    storedBytes: 1,
    ...news,
  };
};

export const proofRecord = (news: Partial<ProofRecord> = {}): ProofRecord => ({
  kind: 'proof',
  id: `proof/${(numbers += 1)}`,
  atMs: NOON,
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'mirror',
  backupId: '20251121T020000Z-0',
  good: true,
  files: 1,
  bytes: 1,
  ...news,
});

export const sizeRecord = (news: Partial<SizeRecord> = {}): SizeRecord => ({
  kind: 'size',
  id: `size/${(numbers += 1)}`,
  atMs: NOON,
  host: 'web1',
  source: 'www',
  destination: 'vault',
  of: 'mirror',
  count: 1,
  totalBytes: 4_096,
  complete: true,
  ...news,
});

export const destinationRecord = (news: Partial<DestinationRecord> = {}): DestinationRecord => ({
  kind: 'destination',
  id: `destination/${(numbers += 1)}`,
  atMs: NOON,
  destination: 'vault',
  freeBytes: 10,
  totalBytes: 100,
  ...news,
});

const STATUSES: readonly Status[] = ['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'];

/** Of few sources and few moments, so that they meet. */
const places = fc.record({
  atMs: fc.integer({ min: 1, max: 12 }).map((hour) => NOON - hour * HOUR),
  host: fc.constantFrom('web1', 'web2'),
  source: fc.constantFrom('www', 'etc'),
  destination: fc.constantFrom('vault', 'cloud'),
});

const eachRecord: fc.Arbitrary<HistoryRecord> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(places, fc.constantFrom(...STATUSES))
      .map(([place, status]): HistoryRecord => sourceRecord({ ...place, status })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(places, fc.boolean()).map(([place, good]): HistoryRecord => proofRecord({ ...place, good })),
  },
  { weight: 1, arbitrary: places.map((place): HistoryRecord => sizeRecord(place)) },
  {
    weight: 1,
    arbitrary: places.map(({ atMs, destination }): HistoryRecord => destinationRecord({ atMs, destination })),
  },
  { weight: 1, arbitrary: places.map(({ atMs, host }): HistoryRecord => hostRecord({ atMs, host })) },
);

/** Different records, and the same in any order, some of them more than once, in the portions in which they are noted. */
export const notings: fc.Arbitrary<{
  readonly records: readonly HistoryRecord[];
  readonly portions: readonly (readonly HistoryRecord[])[];
}> = fc
  .array(eachRecord, { minLength: 1, maxLength: 40 })
  .map((records) => records.map((record, at) => ({ ...record, id: `${record.kind}/${at}` })))
  .chain((records) =>
    fc
      .tuple(
        fc.shuffledSubarray(records, { minLength: records.length }),
        fc.array(fc.constantFrom(...records)),
        fc.integer({ min: 1, max: 9 }),
      )
      .map(([once, again, size]) => ({ records, portions: inPortions([...once, ...again], size) })),
  );

const inPortions = (records: readonly HistoryRecord[], size: number): HistoryRecord[][] =>
  Array.from({ length: Math.ceil(records.length / size) }, (_, at) => records.slice(at * size, (at + 1) * size));
