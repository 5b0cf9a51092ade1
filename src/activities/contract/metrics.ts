/** Activities on history and metrics: types only. None of them fails or delays a backup. */
import type { HistoryRecord } from '../../core/history/records.js';

export interface NoteEndedInput {
  readonly configPath: string;
  readonly records: readonly HistoryRecord[];
}
export interface SendMetricsInput {
  readonly configPath: string;
}
export interface SendMetricsResult {
  /** Records sent; state of the fleet beside them. */
  readonly sent: number;
  /** Refused by the database for what they are; kept, and said. */
  readonly refused: number;
  /** Left for the next step. */
  readonly left: number;
  /** False: the configuration names no metrics database. */
  readonly configured: boolean;
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
  readonly limit: number;
}
export interface QueryMetricsResult {
  /** Newest first: the points of `backup_source`, fields by name. */
  readonly rows: readonly MetricsRow[];
  readonly more: boolean;
}
export interface MetricsRow {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly host: string;
  readonly source: string;
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

export interface MetricsActivities {
  /** Adds to history what ended; where a metrics database is configured, it is to be sent too. Never throws. */
  noteEnded(input: NoteEndedInput): Promise<void>;
  /** Sends what waits, oldest first, at most some seconds' worth, and the fleet's state. */
  sendMetrics(input: SendMetricsInput): Promise<SendMetricsResult>;
  testMetrics(input: SendMetricsInput): Promise<TestMetricsResult>;
  queryMetrics(input: QueryMetricsInput): Promise<QueryMetricsResult>;
  backfillMetrics(input: BackfillMetricsInput): Promise<BackfillMetricsResult>;
  /** Adds to history what Temporal's closed backups of hosts say and history lacks; a page at a time. */
  collectHistory(input: CollectHistoryInput): Promise<CollectHistoryResult>;
}
