import type { DestinationRecord, HistoryRecord, SizeRecord, SourcePlace } from '../../core/history/records.js';
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

export interface NoteOptions {
  /** Absolute path of the configuration that the records come from. One worker's catalog may serve several, each with a metrics database of its own. */
  readonly configPath: string;
  /** They are to be sent to its metrics database as well. */
  readonly send: boolean;
}

export interface NoteResult {
  /** That history did not have. */
  readonly added: number;
  /** Old ones that waited to be sent, and had to go: there were too many. */
  readonly dropped: number;
}

/**
 * What ended and was measured, and what of it still waits for a metrics database. Every method may fail.
 *
 * Bounded: beyond `HISTORY_AT_MOST` and `HISTORY_DAYS` the oldest records go. What waits stays nevertheless, up to the newest `WAITING_AT_MOST`.
 * States of sources and destinations stay. What is older than the newest record that had to go is not taken in any more: nobody could tell whether
 * it had been counted.
 */
export interface History {
  /** Adds records and brings the states of their sources up to date: all of it or nothing. A record that is known by its id is left as it is. */
  note(records: readonly HistoryRecord[], options: NoteOptions): Promise<NoteResult>;
  /** Newest first. */
  records(query: HistoryQuery): Promise<HistoryRecord[]>;
  /**
   * In the order of host, source and destination.
   *
   * @param hosts only theirs; from one to some hundreds
   */
  states(hosts?: readonly string[]): Promise<SourceState[]>;
  /** The newest of each, in the order of their names. */
  destinations(): Promise<DestinationRecord[]>;
  /**
   * The newest of each source and kind, in the order of host, source, destination and kind.
   *
   * @param sources only theirs; from one to some hundreds
   */
  sizes(sources?: readonly SourcePlace[]): Promise<SizeRecord[]>;
  /** What waits for the database of a configuration, oldest first by `seq`. */
  waiting(configPath: string, limit: number): Promise<WaitingRecord[]>;
  countWaiting(configPath: string): Promise<number>;
  /** Since this history was begun: records that went before they were sent. */
  countDropped(): Promise<number>;
  /** They need not be sent again. */
  sent(seqs: readonly number[]): Promise<void>;
  /** The database will not have it, however often it is sent: it is not sent again, unless asked for by `sendAgain`. */
  refused(seq: number, reason: string): Promise<void>;
  /** Marks what a configuration noted of the time since then as to be sent; gives how many of it were not marked yet. */
  sendAgain(configPath: string, sinceMs: number): Promise<number>;
}

export interface HistoryLimits {
  readonly days: number;
  readonly records: number;
  readonly waiting: number;
  /** The bounds are seen to whenever so many more were noted: so many may be kept beyond them. */
  readonly trimEvery: number;
}

export const HISTORY_DAYS = 400;
export const HISTORY_AT_MOST = 1_000_000;
export const WAITING_AT_MOST = 200_000;

export const HISTORY_LIMITS: HistoryLimits = {
  days: HISTORY_DAYS,
  records: HISTORY_AT_MOST,
  waiting: WAITING_AT_MOST,
  trimEvery: 1_000,
};
