import { ERROR_TYPES, errorCountsOf, sumOfErrors } from '../errors/error-types.js';
import type {
  DestinationRecord,
  HistoryRecord,
  HostRecord,
  ProofRecord,
  RunRecord,
  SizeRecord,
  SourceRecord,
} from '../history/records.js';
import { isSuccess } from '../history/source-state.js';
import { statusNumeric, type Status } from '../statuses.js';
import { STATUSES } from './measurements.js';
import { pointOf, type Point } from './points.js';

/** What the metrics database gets for a record: always the same, whenever and however often it is sent. Kinds that this version does not know give nothing. */
export function pointsOf(record: HistoryRecord): readonly Point[] {
  switch (record.kind) {
    case 'source':
      return [pointOfSource(record)];
    case 'host':
      return [pointOfHost(record)];
    case 'run':
      return [pointOfRun(record)];
    case 'size':
      return [pointOfSize(record)];
    case 'proof':
      return [pointOfProof(record)];
    case 'destination':
      return [pointOfDestination(record)];
    default:
      return [];
  }
}

function pointOfSource(record: SourceRecord): Point {
  const { host, source, destination, engine, status } = record;
  const errors = errorCountsOf(record.errorCounts);
  const seconds = record.durationMs / 1_000;
  const moved = record.bytesSent + record.bytesReceived;
  return pointOf(
    'backup_source',
    record.atMs,
    { host, source, destination, engine },
    {
      ...statusFields(status),
      ...failureFields(record),
      error_count: sumOfErrors(errors),
      ...named('errors', ERROR_TYPES, errors),
      warning_count: record.warnings,
      duration_seconds: seconds,
      total_size_bytes: record.totalSizeBytes,
      stored_bytes: record.storedBytes,
      bytes_sent: record.bytesSent,
      bytes_received: record.bytesReceived,
      transfer_rate: seconds > 0 ? moved / seconds : 0,
      speedup: record.speedup,
      files_total: record.filesTotal,
      files_transferred: record.filesTransferred,
      files_deleted: record.filesDeleted,
      exit_code: record.exitCode,
      rsync_exit_code: record.rsyncExitCode,
      last_success_age_seconds: successAge(record),
      level: record.level,
      backup_id: record.backupId,
      run_id: record.runId,
    },
  );
}

function successAge(record: SourceRecord): number | undefined {
  const { atMs, lastSuccessAtMs } = record;
  if (isSuccess(record)) return 0;
  return lastSuccessAtMs === undefined ? undefined : Math.max(0, atMs - lastSuccessAtMs) / 1_000;
}

const pointOfHost = (record: HostRecord): Point =>
  pointOf(
    'backup_host',
    record.atMs,
    { host: record.host },
    {
      ...statusFields(record.status),
      ...failureFields(record),
      error_count: record.errors,
      warning_count: record.warnings,
      duration_seconds: record.durationMs / 1_000,
      total_size_bytes: record.totalSizeBytes,
      stored_bytes: record.storedBytes,
      ...named('sources', STATUSES, record.sources),
      run_id: record.runId,
    },
  );

const pointOfRun = (record: RunRecord): Point =>
  pointOf(
    'backup_run',
    record.atMs,
    { type: record.type, plan: record.plan },
    {
      ...statusFields(record.status),
      duration_seconds: record.durationMs / 1_000,
      stored_bytes: record.storedBytes,
      ...named('hosts', STATUSES, record.hosts),
      workflow_id: record.workflowId,
      run_id: record.runId,
    },
  );

const pointOfSize = ({ atMs, host, source, destination, of: kind, ...size }: SizeRecord): Point =>
  pointOf(
    'backup_size',
    atMs,
    { host, source, destination, kind },
    {
      total_bytes: size.totalBytes,
      exclusive_bytes: size.exclusiveBytes,
      shared_bytes: size.sharedBytes,
      count: size.count,
      complete: Number(size.complete),
    },
  );

const pointOfProof = ({ atMs, host, source, destination, engine, good, files, bytes, backupId }: ProofRecord): Point =>
  pointOf(
    'backup_proof',
    atMs,
    { host, source, destination, engine },
    { good: Number(good), files, bytes, backup_id: backupId },
  );

const pointOfDestination = ({ atMs, destination, freeBytes, totalBytes }: DestinationRecord): Point =>
  pointOf(
    'backup_destination',
    atMs,
    { destination },
    {
      free_bytes: freeBytes,
      total_bytes: totalBytes,
      used_percent: totalBytes > 0 ? (100 * (totalBytes - freeBytes)) / totalBytes : undefined,
    },
  );

const statusFields = (status: Status) => ({ status, status_numeric: statusNumeric(status) });

const failureFields = ({ failure }: Pick<SourceRecord, 'failure'>) => ({
  failure_type: failure?.type ?? '',
  failure_message: failure?.message ?? '',
});

/** `errors_permission` and so on. A record that an older version noted may lack words that came later; without counts there are no values. */
const named = <Prefix extends string, Word extends string>(
  prefix: Prefix,
  words: readonly Word[],
  counts: Partial<Readonly<Record<Word, number>>> | undefined,
): Record<`${Prefix}_${Word}`, number | undefined> =>
  Object.fromEntries(words.map((word) => [`${prefix}_${word}`, counts && (counts[word] ?? 0)])) as Record<
    `${Prefix}_${Word}`,
    number | undefined
  >;
