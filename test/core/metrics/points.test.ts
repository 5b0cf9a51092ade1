import { expect, test } from 'vitest';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { FleetHealth } from '../../../src/core/history/fleet-state.js';
import type { HistoryRecord } from '../../../src/core/history/records.js';
import type { SourceState } from '../../../src/core/history/source-state.js';
import { MEASUREMENTS, type Measurement, type MeasurementName } from '../../../src/core/metrics/measurements.js';
import type { FieldValue, Point } from '../../../src/core/metrics/points.js';
import { pointsOfHealth } from '../../../src/core/metrics/points-of-health.js';
import { pointsOf } from '../../../src/core/metrics/points-of-record.js';
import { NOON, hostRecord, sizeRecord, sourceHealth, sourceRecord } from '../../support/history-records.js';

const plain = (value: FieldValue): unknown => Object.values(value)[0] as unknown;
const fieldsOf = (point: Point | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(point?.fields ?? {}).map(([name, value]) => [name, plain(value)]));
const only = (record: HistoryRecord): Point => {
  const points = pointsOf(record);
  expect(points).toHaveLength(1);
  return points[0] as Point;
};

const RUN: HistoryRecord = {
  kind: 'run',
  id: 'run/1',
  atMs: NOON,
  type: 'fleetBackup',
  plan: 'nightly',
  workflowId: 'backup/nightly/1',
  runId: 'r',
  status: 'warning',
  startedAtMs: NOON - 5_500,
  durationMs: 5_500,
  hosts: { ok: 3, warning: 1, failed: 0, skipped: 0, held: 0, cancelled: 0 },
  storedBytes: 7,
};
const PROOF: HistoryRecord = {
  kind: 'proof',
  id: 'proof/1',
  atMs: NOON,
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'archive',
  backupId: '20261121T020000Z-0',
  good: false,
  files: 3,
  bytes: 4,
};
const DESTINATION: HistoryRecord = {
  kind: 'destination',
  id: 'destination/1',
  atMs: NOON,
  destination: 'vault',
  freeBytes: 25,
  totalBytes: 100,
};

const ALL: readonly HistoryRecord[] = [sourceRecord(), hostRecord(), RUN, sizeRecord(), PROOF, DESTINATION];

const health = (news: Partial<FleetHealth> = {}): FleetHealth => ({
  atMs: NOON,
  sources: [sourceHealth({ sizes: [] })],
  destinations: [],
  pending: 0,
  dropped: 0,
  ...news,
});

test.each([...ALL.flatMap(pointsOf), ...pointsOfHealth(health())].map((point) => [point.measurement, point] as const))(
  'a point of %s has the tags and fields of the table, and what is always there',
  (_, { measurement, tags, fields }) => {
    const { fields: known, tags: knownTags } = MEASUREMENTS[measurement as MeasurementName] as Measurement;
    for (const [name, value] of Object.entries(fields))
      expect([name, Object.keys(value)]).toEqual([name, [known[name]?.type]]);
    for (const [name, { always }] of Object.entries(known)) if (always) expect(fields).toHaveProperty(name);
    for (const name of Object.keys(tags)) expect(knownTags).toContain(name);
  },
);

test('a point has the time of its record, and is the same whenever it is made', () => {
  for (const record of ALL) {
    expect(only(record).timeMs).toBe(record.atMs);
    expect(pointsOf(JSON.parse(JSON.stringify(record)) as HistoryRecord)).toEqual(pointsOf(record));
  }
});

test('a source that made a backup', () => {
  const record = sourceRecord({
    durationMs: 2_000,
    bytesSent: 1_000,
    bytesReceived: 3_000,
    speedup: 2.5,
    level: 0,
    backupId: 'b',
    status: 'warning',
    warnings: 2,
    errorCounts: { ...NO_ERRORS, permission: 2, vanished: 1 },
    exitCode: 3,
  });
  const point = only(record);
  expect(point.tags).toEqual({ host: 'web1', source: 'www', destination: 'vault', engine: 'archive' });
  expect(point.fields).toMatchObject({ status_numeric: { float: 0.5 }, error_count: { int: 3 }, level: { int: 0 } });
  expect(fieldsOf(point)).toMatchObject({
    status: 'warning',
    failure_type: '',
    failure_message: '',
    errors_permission: 2,
    errors_vanished: 1,
    errors_connection: 0,
    warning_count: 2,
    duration_seconds: 2,
    transfer_rate: 2_000,
    speedup: 2.5,
    last_success_age_seconds: 0,
    exit_code: 3,
    backup_id: 'b',
    run_id: record.runId,
  });
});

test.each([
  ['ok', 1],
  ['warning', 0.5],
  ['failed', 0],
  ['skipped', undefined],
  ['held', undefined],
  ['cancelled', undefined],
] as const)('a source that ended %s has status_numeric %s', (status, numeric) => {
  expect(fieldsOf(only(sourceRecord({ status })))['status_numeric']).toBe(numeric);
  expect(fieldsOf(only(sourceRecord({ status })))['status']).toBe(status);
});

test('a source that failed says why, and how old its newest backup was', () => {
  const failure = { type: 'HostUnreachable', message: `${'x'.repeat(400)}` } as const;
  const fields = fieldsOf(only(sourceRecord({ status: 'failed', failure, lastSuccessAtMs: NOON - 90_000 })));
  expect(fields).toMatchObject({ failure_type: 'HostUnreachable', last_success_age_seconds: 90 });
  expect(fields['failure_message']).toHaveLength(300);
  expect(fieldsOf(only(sourceRecord({ status: 'failed' })))).not.toHaveProperty('last_success_age_seconds');
});

test('a long text is cut between two characters, and says so', () => {
  const failure = { type: 'HookFailed', message: `${'x'.repeat(299)}🗄 and more` } as const;
  const { failure_message: text } = fieldsOf(only(sourceRecord({ status: 'failed', failure })));
  expect(text).toBe(`${'x'.repeat(299)}…`);
});

test('figures that are no numbers are left out, and nothing is divided by nothing', () => {
  const point = only(
    sourceRecord({ durationMs: 0, speedup: Number.POSITIVE_INFINITY, totalSizeBytes: Number.NaN, storedBytes: 1.5 }),
  );
  expect(point.fields).not.toHaveProperty('speedup');
  expect(point.fields).not.toHaveProperty('total_size_bytes');
  expect(fieldsOf(point)).toMatchObject({ transfer_rate: 0, duration_seconds: 0, stored_bytes: 2 });
});

test('error types that an older version did not know are none', () => {
  const errorCounts = { permission: 1, vanished: 2 } as unknown as typeof NO_ERRORS;
  expect(fieldsOf(only(sourceRecord({ errorCounts })))).toMatchObject({ error_count: 3, errors_hook: 0 });
});

test('tags that are empty are left out', () => {
  expect(only(sourceRecord({ destination: '' })).tags).toEqual({ host: 'web1', source: 'www', engine: 'archive' });
  const { plan: _, ...withoutPlan } = RUN;
  expect(only(withoutPlan as HistoryRecord).tags).toEqual({ type: 'fleetBackup' });
});

test('hosts, runs, sizes, proofs and destinations', () => {
  const sources = { ok: 2, warning: 0, failed: 1, skipped: 0, held: 0, cancelled: 0 };
  expect(fieldsOf(only(hostRecord({ sources, errors: 4 })))).toMatchObject({
    status: 'ok',
    sources_ok: 2,
    sources_failed: 1,
    sources_held: 0,
    error_count: 4,
    duration_seconds: 60,
  });
  expect(only(RUN).tags).toEqual({ type: 'fleetBackup', plan: 'nightly' });
  expect(fieldsOf(only(RUN))).toEqual({
    status: 'warning',
    status_numeric: 0.5,
    duration_seconds: 5.5,
    stored_bytes: 7,
    hosts_ok: 3,
    hosts_warning: 1,
    hosts_failed: 0,
    hosts_skipped: 0,
    hosts_held: 0,
    hosts_cancelled: 0,
    workflow_id: 'backup/nightly/1',
    run_id: 'r',
  });
  const { hosts: _, ...restore } = { ...RUN, type: 'restore' };
  expect(fieldsOf(only(restore))).not.toHaveProperty('hosts_ok');
  const size = only(sizeRecord({ of: 'snapshot', count: 3, totalBytes: 30, exclusiveBytes: 3, complete: false }));
  expect(size.tags).toEqual({ host: 'web1', source: 'www', destination: 'vault', kind: 'snapshot' });
  expect(fieldsOf(size)).toEqual({ total_bytes: 30, exclusive_bytes: 3, count: 3, complete: 0 });
  expect(fieldsOf(only(PROOF))).toEqual({ good: 0, files: 3, bytes: 4, backup_id: '20261121T020000Z-0' });
  expect(only(DESTINATION).tags).toEqual({ destination: 'vault' });
  expect(fieldsOf(only(DESTINATION))).toEqual({ free_bytes: 25, total_bytes: 100, used_percent: 75 });
});

test('a record of a kind that came later gives nothing', () => {
  expect(pointsOf({ kind: 'moon', id: 'x', atMs: 1 } as unknown as HistoryRecord)).toEqual([]);
});

const state = (news: Partial<SourceState> = {}): SourceState => ({
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'archive',
  ended: { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 },
  ...news,
});

test('a source without any backup is in the state, with all that is always there', () => {
  const [point, fleet] = pointsOfHealth(health({ sources: [sourceHealth({ unprotected: 'never', sizes: [] })] }));
  expect(point?.tags).toEqual({ host: 'web1', source: 'www', destination: 'vault', engine: 'archive' });
  expect(fieldsOf(point)).toEqual({
    status: 'none',
    unprotected: 1,
    reason: 'never backed up',
    overdue: 0,
    failing: 0,
    failure_message: '',
    error_count: 0,
    warning_count: 0,
  });
  expect(fleet).toEqual({
    measurement: 'backup_fleet',
    tags: {},
    fields: {
      sources: { int: 1 },
      unprotected: { int: 1 },
      overdue: { int: 0 },
      waiting: { int: 0 },
      dropped: { int: 0 },
    },
    timeMs: NOON,
  });
});

test('times are whole seconds since 1970, ages are counted from now, of a proof that never was from the first backup', () => {
  const last = sourceRecord({ atMs: NOON - 3_600_400, warnings: 2, errorCounts: { ...NO_ERRORS, hook: 2 } });
  const [point] = pointsOfHealth(
    health({
      sources: [
        sourceHealth({
          status: 'ok',
          lastSuccessAtMs: NOON - 3_600_400,
          expectEveryMs: 86_400_000,
          state: state({ last, lastSuccess: last, firstSuccessAtMs: NOON - 7_200_000 }),
          sizes: [],
        }),
      ],
    }),
  );
  expect(fieldsOf(point)).toEqual({
    status: 'ok',
    status_numeric: 1,
    unprotected: 0,
    reason: '',
    overdue: 0,
    failing: 0,
    failure_message: '',
    error_count: 2,
    warning_count: 2,
    last_run_timestamp: Math.round((NOON - 3_600_400) / 1_000),
    last_success_timestamp: Math.round((NOON - 3_600_400) / 1_000),
    last_success_age_seconds: 3_600.4,
    unproven_seconds: 7_200,
    expected_interval_seconds: 86_400,
  });
  const proven = sourceHealth({ lastProofAtMs: NOON - 60_000, state: state({ firstSuccessAtMs: 1 }), sizes: [] });
  expect(fieldsOf(pointsOfHealth(health({ sources: [proven] }))[0])).toMatchObject({
    last_proof_timestamp: NOON / 1_000 - 60,
    last_proof_age_seconds: 60,
    unproven_seconds: 60,
  });
});

const failed = sourceRecord({ status: 'failed', failure: { type: 'HostUnreachable', message: 'no route' } });
const slow = sourceRecord({ status: 'warning', failure: { type: 'TransferSlow', message: '12 KB/s' } });

test.each([
  [
    'failed',
    { status: 'failed', unprotected: 'failed', state: state({ last: failed }) },
    'HostUnreachable',
    'no route',
    1,
  ],
  ['failed without a word', { status: 'failed', unprotected: 'failed', state: state() }, 'failed', '', 1],
  ['overdue', { status: 'ok', unprotected: 'overdue', overdue: true }, 'overdue', '', 0],
  [
    'skipped and overdue',
    { status: 'skipped', unprotected: 'overdue', overdue: true, state: state({ last: failed }) },
    'HostUnreachable',
    'no route',
    0,
  ],
  [
    'overdue since a backup that was slow',
    { status: 'warning', unprotected: 'overdue', overdue: true, state: state({ last: slow }) },
    'overdue',
    '',
    0,
  ],
  ['held', { status: 'held', unprotected: 'held' }, 'held', '', 0],
  ['cancelled, and still protected', { status: 'cancelled', state: state({ last: failed }) }, '', '', 1],
] as const)('a source that is %s has its reason', (_, news, reason, message, failing) => {
  const [point, fleet] = pointsOfHealth(health({ sources: [sourceHealth({ ...news, sizes: [] })] }));
  const unprotected = reason === '' ? 0 : 1;
  expect(fieldsOf(point)).toMatchObject({ reason, failure_message: message, unprotected, failing });
  expect(fieldsOf(fleet)).toMatchObject({ unprotected, overdue: 'overdue' in news ? 1 : 0 });
});

test('a clock that was put back makes no age negative', () => {
  const ahead = sourceHealth({ lastSuccessAtMs: NOON + 5_000, sizes: [] });
  expect(fieldsOf(pointsOfHealth(health({ sources: [ahead] }))[0])).toMatchObject({ last_success_age_seconds: 0 });
});
