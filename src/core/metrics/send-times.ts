import type { Failure } from '../failures.js';

/** How the sending stands after a look at what waits. */
export interface Sending {
  /** Attempts in a row that did not get through. */
  readonly failures: number;
  /** Somebody had said that there is something: more may follow that nobody tells of. */
  readonly wasAsked: boolean;
  /** Records since the fleet's state was sent. */
  readonly sentSinceState: number;
  /** When that was, in milliseconds since 1970. */
  readonly stateAtMs: number;
}

/** A worker says it once in this time that there is something to send soon. */
export const SOON_MS = 5_000;
/** Then what came meanwhile without a word is there too. */
const LINGER_MS = SOON_MS + 1_000;
/** While runs go on: the state of a large fleet is many points. */
const STATE_AFTER_MS = 60_000;
const IDLE_MS = 600_000;
const LONGEST_PAUSE_MS = 60_000;

/** So long after a look comes the next one, unless somebody asks for it before. */
export function nextLookMs({ failures, wasAsked, sentSinceState, stateAtMs }: Sending, nowMs: number): number {
  if (failures > 0) return Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** Math.min(failures - 1, 10));
  if (wasAsked) return LINGER_MS;
  if (sentSinceState > 0) return Math.max(1, stateAtMs + STATE_AFTER_MS - nowMs);
  return IDLE_MS;
}

export const isStateDue = ({ stateAtMs }: Sending, nowMs: number): boolean => nowMs - stateAtMs >= STATE_AFTER_MS;

/** What a later attempt may do without anybody correcting anything. */
export const isTriedAgain = ({ type }: Pick<Failure, 'type'>): boolean => TRIED_AGAIN.includes(type);
const TRIED_AGAIN: readonly Failure['type'][] = ['MetricsUnreachable', 'CatalogUnavailable', 'TimedOut', 'WorkerLost'];
