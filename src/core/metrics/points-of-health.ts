import { errorCountsOf, sumOfErrors } from '../errors/error-types.js';
import type { FleetHealth, SourceHealth } from '../history/fleet-state.js';
import type { SourceRecord } from '../history/records.js';
import { isSuccess } from '../history/source-state.js';
import { statusNumeric } from '../statuses.js';
import { pointOf, type Point } from './points.js';

/** The fleet as it stands: each configured source, and all of them together. Destinations have points of their own records. */
export function pointsOfHealth(health: FleetHealth): readonly Point[] {
  const { atMs, sources, pending, dropped } = health;
  const fleet = pointOf(
    'backup_fleet',
    atMs,
    {},
    {
      sources: sources.length,
      unprotected: sources.filter(({ unprotected }) => unprotected !== undefined).length,
      overdue: sources.filter(({ overdue }) => overdue).length,
      waiting: pending,
      dropped,
    },
  );
  return [...sources.map((source) => pointOfState(source, atMs)), fleet];
}

function pointOfState(source: SourceHealth, atMs: number): Point {
  const { host, destination, engine, status, overdue, expectEveryMs, lastSuccessAtMs, lastProofAtMs, state } = source;
  const last = state?.last;
  const failure = blamed(source);
  return pointOf(
    'backup_state',
    atMs,
    { host, source: source.source, destination, engine },
    {
      status: status ?? 'none',
      status_numeric: status === undefined ? undefined : statusNumeric(status),
      unprotected: Number(source.unprotected !== undefined),
      reason: failure?.type ?? reasonOf(source),
      overdue: Number(overdue),
      failing: Number(status === 'failed' || status === 'cancelled'),
      failure_message: failure?.message ?? '',
      error_count: sumOfErrors(errorCountsOf(last?.errorCounts)),
      warning_count: last?.warnings ?? 0,
      last_run_timestamp: seconds(last?.atMs),
      last_success_timestamp: seconds(lastSuccessAtMs),
      last_success_age_seconds: ageSeconds(atMs, lastSuccessAtMs),
      last_proof_timestamp: seconds(lastProofAtMs),
      last_proof_age_seconds: ageSeconds(atMs, lastProofAtMs),
      unproven_seconds: ageSeconds(atMs, lastProofAtMs ?? state?.firstSuccessAtMs),
      expected_interval_seconds: seconds(expectEveryMs),
    },
  );
}

/**
 * Why it is unprotected, as far as its last run can tell: an overdue backup of a host that did not answer is `HostUnreachable`. One that made a backup is not to
 * blame, even if it was slow.
 */
function blamed({ unprotected, state }: SourceHealth): SourceRecord['failure'] {
  const last = state?.last;
  return unprotected === undefined || last === undefined || isSuccess(last) ? undefined : last.failure;
}

const reasonOf = ({ unprotected }: SourceHealth): string =>
  unprotected === 'never' ? 'never backed up' : (unprotected ?? '');

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1_000;

/** A clock that was set back makes nothing younger than now. */
const ageSeconds = (nowMs: number, thenMs: number | undefined): number | undefined =>
  thenMs === undefined ? undefined : Math.max(0, nowMs - thenMs) / 1_000;
