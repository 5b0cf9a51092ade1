import { errorCountsOf, sumOfErrors } from '../errors/error-types.js';
import type { FleetHealth, SourceHealth } from '../history/fleet-state.js';
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
  const reason = reasonOf(source);
  const last = state?.last;
  return pointOf(
    'backup_state',
    atMs,
    { host, source: source.source, destination, engine },
    {
      status: status ?? 'none',
      status_numeric: status === undefined ? undefined : statusNumeric(status),
      unprotected: Number(source.unprotected !== undefined),
      reason,
      overdue: Number(overdue),
      failing: Number(status === 'failed' || status === 'cancelled'),
      failure_message: reason === '' ? '' : (last?.failure?.message ?? ''),
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

/** Why it is unprotected, as far as its last run can tell: an overdue backup of a host that did not answer is `HostUnreachable`. */
function reasonOf({ unprotected, state }: SourceHealth): string {
  if (unprotected === undefined) return '';
  return state?.last?.failure?.type ?? (unprotected === 'never' ? 'never backed up' : unprotected);
}

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1_000;

/** A clock that was set back makes nothing younger than now. */
const ageSeconds = (nowMs: number, thenMs: number | undefined): number | undefined =>
  thenMs === undefined ? undefined : Math.max(0, nowMs - thenMs) / 1_000;
