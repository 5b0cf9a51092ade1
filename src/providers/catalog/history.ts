import type { HistoryRecord } from '../../core/history/records.js';
import type { SourceState } from '../../core/history/source-state.js';

/** A record as it waits to be sent. */
export interface WaitingRecord {
  /** Grows with each record that is noted; a record noted again keeps its own. */
  readonly seq: number;
  readonly record: HistoryRecord;
}

export interface HistoryQuery {
  readonly sinceMs: number;
  /** Not included; absent: no end. */
  readonly untilMs?: number;
  readonly kinds?: readonly HistoryRecord['kind'][];
  readonly host?: string;
  readonly limit: number;
}

/**
 * What ended and was measured, and what of it still waits for the metrics database. Every method may fail.
 *
 * Bounded: the oldest records go beyond `HISTORY_AT_MOST` and `HISTORY_DAYS`, those that wait only beyond `WAITING_AT_MOST`; source states stay.
 */
export interface History {
  /**
   * Adds records and brings the states of their sources up to date; a record that is known by its id is left as it is.
   *
   * @param send they are to be sent to a metrics database as well
   */
  note(records: readonly HistoryRecord[], send: boolean): Promise<void>;
  /** Newest first. */
  records(query: HistoryQuery): Promise<HistoryRecord[]>;
  states(): Promise<SourceState[]>;
  /** Oldest first by `seq`. */
  waiting(limit: number): Promise<WaitingRecord[]>;
  countWaiting(): Promise<number>;
  /** They need not be sent again. */
  sent(seqs: readonly number[]): Promise<void>;
  /** The database will not have it, however often it is sent: it is not sent again, unless asked for by `sendAgain`. */
  refused(seq: number, reason: string): Promise<void>;
  /** Marks what was noted since as to be sent; gives how many. */
  sendAgain(sinceMs: number): Promise<number>;
}

export const HISTORY_DAYS = 400;
export const HISTORY_AT_MOST = 1_000_000;
export const WAITING_AT_MOST = 200_000;
