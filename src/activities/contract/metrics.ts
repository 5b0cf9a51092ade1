/** Activities on history and metrics: types only. None of them fails or delays a backup. */
import type { HistoryRecord } from '../../core/history/records.js';

export interface NoteEndedInput {
  readonly configPath: string;
  readonly records: readonly HistoryRecord[];
}
export interface SendMetricsInput {
  readonly configPath: string;
  /** The state of the fleet too, once nothing waits any more. */
  readonly state: boolean;
}
export interface SendMetricsResult {
  /** Records. */
  readonly sent: number;
  /** Refused by the database for what they are; kept, and said. */
  readonly refused: number;
  /** Left for the next step. */
  readonly left: number;
  /** False: the configuration names no metrics database. */
  readonly configured: boolean;
}

export interface TestMetricsInput {
  readonly configPath: string;
}
/** What was found out of a metrics database, one question after another, as far as it got. */
export interface TestMetricsResult {
  readonly address: string;
  readonly configured: '1.x' | '2.x';
  /** As the server says: `1.6.7`, `v2.7.12`; absent: it did not say. */
  readonly version?: string;
  readonly checks: readonly MetricsCheck[];
}
export interface MetricsCheck {
  readonly name: 'answer' | 'version' | 'login' | 'database' | 'write' | 'read';
  readonly status: 'ok' | 'failed' | 'not reached';
  readonly detail: string;
  /** What to do; failed ones only. */
  readonly action?: string;
}
export interface QueryMetricsInput {
  readonly configPath: string;
  readonly hours: number;
  readonly host?: string;
  /** Of the page before; absent: the first page. */
  readonly after?: MetricsPosition;
}
/** In the points until a moment, newest first. */
export interface MetricsPosition {
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  readonly offset: number;
}
export interface QueryMetricsResult {
  /** The points of `backup_source`, newest first. */
  readonly rows: readonly MetricsRow[];
  readonly next?: MetricsPosition;
}
export interface MetricsRow {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Tags and fields by their names; null: the point has none. */
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}
export interface BackfillMetricsInput {
  readonly configPath: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}
export interface BackfillMetricsResult {
  /** Records of history that are to be sent again. */
  readonly marked: number;
}
export interface CollectHistoryInput {
  readonly configPath: string;
  readonly sinceMs: number;
  /** Of the page before; absent: the first page. */
  readonly after?: string;
}
export interface CollectHistoryResult {
  /** Records that Temporal knew and history did not. */
  readonly added: number;
  readonly next?: string;
}

export interface HistoryActivities {
  /** Adds to history what ended; where a metrics database is configured, it is to be sent too. Never throws. */
  noteEnded(input: NoteEndedInput): Promise<void>;
  /** Adds to history what Temporal's closed backups of hosts say and history lacks; a page at a time. Throws CatalogUnavailable, TemporalUnreachable. */
  collectHistory(input: CollectHistoryInput): Promise<CollectHistoryResult>;
}

export interface MetricsActivities {
  /** Sends what waits, oldest first, at most some seconds' worth, and the fleet's state. Throws Metrics… and what keeps the configuration from being read. */
  sendMetrics(input: SendMetricsInput): Promise<SendMetricsResult>;
  /** Throws MetricsNotConfigured, SecretUnavailable; what is wrong with the database stands in the result. */
  testMetrics(input: TestMetricsInput): Promise<TestMetricsResult>;
  /** A page of points. */
  queryMetrics(input: QueryMetricsInput): Promise<QueryMetricsResult>;
  /** Marks what history has as to be sent again. */
  backfillMetrics(input: BackfillMetricsInput): Promise<BackfillMetricsResult>;
}
