import type { Status } from '../statuses.js';
import type { DestinationRecord, SizeRecord, SourcePlace, SourceTags } from './records.js';
import type { SourceState } from './source-state.js';

/** A source as the configuration has it. */
export interface ConfiguredSource extends SourceTags {
  /** A backup is expected this often; undefined: nobody said. */
  readonly expectEveryMs?: number;
}

/** Why a source is unprotected; of several the first in this order. `never`: no good backup at its destination yet. */
export const UNPROTECTED = ['never', 'overdue', 'failed', 'held'] as const;
export type Unprotected = (typeof UNPROTECTED)[number];

/** A configured source and what is known of it. */
export interface SourceHealth extends ConfiguredSource {
  /** Of its last run; undefined: it never had one. */
  readonly status?: Status;
  readonly lastSuccessAtMs?: number;
  /** No good backup within one and a half of what is expected, or none at all although one is expected. */
  readonly overdue: boolean;
  /** Undefined: protected. A source that was skipped or cancelled is, as long as its last good backup is not overdue. */
  readonly unprotected?: Unprotected;
  readonly lastProofAtMs?: number;
  readonly state?: SourceState;
  /** The newest of each kind. */
  readonly sizes: readonly SizeRecord[];
}

/** All configured sources at one moment, those without any backup too. */
export interface FleetHealth {
  readonly atMs: number;
  readonly sources: readonly SourceHealth[];
  /** The newest of each. */
  readonly destinations: readonly DestinationRecord[];
  /** Records that wait to be sent to the metrics database. */
  readonly pending: number;
  /** Records that went before they were sent, since history is kept: too many waited. */
  readonly dropped: number;
}

export interface FleetHealthInput {
  readonly configured: readonly ConfiguredSource[];
  /** Names of the configured destinations. */
  readonly configuredDestinations: readonly string[];
  readonly states: readonly SourceState[];
  readonly sizes: readonly SizeRecord[];
  readonly destinations: readonly DestinationRecord[];
  readonly pending: number;
  readonly dropped: number;
  readonly nowMs: number;
}

/** A backup may come this much later than expected: runs take their time, and not each time the same. */
export const OVERDUE_AFTER = 1.5;

/**
 * Puts what the configuration has beside what history knows, in the configuration's order. What is no longer configured is left out; a source
 * that was given another destination has no backup there yet.
 */
export function fleetHealth(input: FleetHealthInput): FleetHealth {
  const { configuredDestinations, destinations, pending, dropped, nowMs } = input;
  return {
    atMs: nowMs,
    sources: healthOfSources(input),
    destinations: destinations.filter(({ destination }) => configuredDestinations.includes(destination)),
    pending,
    dropped,
  };
}

/** The same for sources alone, all of a configuration or some. */
export function healthOfSources({
  configured,
  states,
  sizes,
  nowMs,
}: Pick<FleetHealthInput, 'configured' | 'states' | 'sizes' | 'nowMs'>): SourceHealth[] {
  const known = new Map(states.map((state) => [keyOf(state), state]));
  const measured = new Map<string, SizeRecord[]>();
  for (const size of sizes) {
    const key = keyOf(size);
    measured.set(key, [...(measured.get(key) ?? []), size]);
  }
  return configured.map((source) => {
    const key = keyOf(source);
    return { ...sourceHealth(source, known.get(key), nowMs), sizes: measured.get(key) ?? [] };
  });
}

const keyOf = ({ host, source, destination }: SourcePlace): string => JSON.stringify([host, source, destination]);

function sourceHealth(
  source: ConfiguredSource,
  state: SourceState | undefined,
  nowMs: number,
): Omit<SourceHealth, 'sizes'> {
  const status = state?.last?.status;
  const lastSuccessAtMs = state?.lastSuccess?.atMs;
  const lastProofAtMs = state?.lastProof?.atMs;
  const overdue = isOverdue(source.expectEveryMs, lastSuccessAtMs, nowMs);
  const unprotected = reasonOf({ status, lastSuccessAtMs, overdue });
  return {
    ...source,
    ...(status === undefined ? {} : { status }),
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAtMs }),
    overdue,
    ...(unprotected === undefined ? {} : { unprotected }),
    ...(lastProofAtMs === undefined ? {} : { lastProofAtMs }),
    ...(state === undefined ? {} : { state }),
  };
}

/**
 * One that has no backup yet is overdue from the beginning: nobody can say since when it is configured, and what has no copy is not to look well.
 * A backup that lies ahead, since the clock was put back, counts for as old as it lies ahead: else it would be new until the clock has caught up.
 */
function isOverdue(expectEveryMs: number | undefined, lastSuccessAtMs: number | undefined, nowMs: number): boolean {
  if (expectEveryMs === undefined) return false;
  return lastSuccessAtMs === undefined || Math.abs(nowMs - lastSuccessAtMs) > OVERDUE_AFTER * expectEveryMs;
}

function reasonOf({
  status,
  lastSuccessAtMs,
  overdue,
}: Pick<SourceHealth, 'overdue'> & {
  readonly status: Status | undefined;
  readonly lastSuccessAtMs: number | undefined;
}): Unprotected | undefined {
  if (lastSuccessAtMs === undefined) return 'never';
  if (overdue) return 'overdue';
  return status === 'failed' || status === 'held' ? status : undefined;
}
