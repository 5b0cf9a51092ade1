import type { Failure } from './failures.js';

/** How a source ended. `ok` and `warning` can be restored; the others made no backup. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped' | 'held' | 'cancelled';

/** From best to worst: a host is its worst source, a run its worst host. */
const WORSE: readonly Status[] = ['ok', 'warning', 'skipped', 'held', 'cancelled', 'failed'];

export function worstStatus(statuses: Iterable<Status>): Status {
  let worst = 0;
  for (const status of statuses) worst = Math.max(worst, WORSE.indexOf(status));
  return WORSE[worst] ?? 'failed';
}

/** The figure that metrics carry; undefined where there is nothing to say about the data. */
export function statusNumeric(status: Status): number | undefined {
  switch (status) {
    case 'ok':
      return 1;
    case 'warning':
      return 0.5;
    case 'failed':
      return 0;
    default:
      return undefined;
  }
}

/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  warnings: 3,
  incomplete: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

export function exitCodeOf(status: Status): number {
  switch (status) {
    case 'ok':
      return EXIT.ok;
    case 'warning':
      return EXIT.warnings;
    case 'skipped':
    case 'held':
      return EXIT.incomplete;
    case 'failed':
    case 'cancelled':
      return EXIT.failed;
  }
}

/** Exit code of a run's result: a run that could not begin for what was asked of it is a usage error, not a failed backup. */
export function exitCodeOfResult(result: {
  readonly status: Status;
  readonly failure?: Pick<Failure, 'type'>;
}): number {
  return result.status === 'failed' && result.failure !== undefined
    ? exitCodeOfFailure(result.failure)
    : exitCodeOf(result.status);
}

/** Exit code for a failure that stopped a command before any run had a status. */
export function exitCodeOfFailure(failure: Pick<Failure, 'type'>): number {
  switch (failure.type) {
    case 'ConfigInvalid':
    case 'ConfigNotFound':
    case 'ConfigExists':
    case 'HostNotInConfig':
    case 'SourceNotInConfig':
    case 'ScheduleNotFound':
    case 'ScheduleForeign':
    case 'AddressUnavailable':
    case 'MetricsNotConfigured':
      return EXIT.usage;
    case 'TemporalUnreachable':
    case 'WorkerMissing':
      return EXIT.unreachable;
    default:
      return EXIT.failed;
  }
}
