import type { Point } from '../../core/metrics/points.js';

export interface RefusedPoint {
  /** Position in what was to be written. */
  readonly index: number;
  readonly reason: string;
}

/** One table of an answer to an InfluxQL query. */
export interface QueryTable {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

/**
 * A database of time series. Every method throws a HoldfastError that says what to correct:
 * MetricsUnreachable (no answer, too slow, asked too often, 5xx: worth another try), MetricsDenied (wrong or deleted token, wrong password, no permission),
 * MetricsNotFound (no such database, bucket, organization, retention policy), MetricsVersion (another version than the configuration's form is for),
 * MetricsForeign (what answers is no such database), MetricsUntrusted (TLS), MetricsRefused (a question or a request that it does not take), Cancelled.
 * Before the first write or query the server is asked for its version.
 */
export interface MetricsDatabase {
  /** For messages: without user and token. */
  readonly address: string;
  /** What the server says of itself: `1.6.7~rc0`, `v2.7.12`. */
  version(signal: AbortSignal): Promise<string>;
  /**
   * Writes points; one that is there already is written over. Points that the database refuses for what they are (a field of another type) are named in the
   * answer, all others are written.
   */
  write(points: readonly Point[], signal: AbortSignal): Promise<readonly RefusedPoint[]>;
  /** InfluxQL; 2.7 answers it for each bucket as a database of its name, an older 2.x for those that have a database mapping. Times are in milliseconds. */
  query(influxql: string, signal: AbortSignal): Promise<QueryTable[]>;
  close(): Promise<void>;
}
