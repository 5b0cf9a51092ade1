import { addedErrors, errorCountsOf, NO_ERRORS, type ErrorCounts } from '../errors/error-types.js';
import type { FailureType } from '../failures.js';
import type { HostRecord, SourceRecord } from '../history/records.js';
import type { Status } from '../statuses.js';
import { cutText } from './cut-text.js';
import { dayOf, type ReportWindow } from './window.js';

/** The same trouble of a source, or of a host as a whole, told once however often it came. */
export interface FailureReport {
  readonly host: string;
  /** Absent: the host as a whole. */
  readonly source?: string;
  readonly status: Status;
  /** Absent: the run went well but for what `evidence` tells. */
  readonly type?: FailureType;
  /** Of the newest; '' where there is none. */
  readonly message: string;
  /** Of the newest: its first lines. */
  readonly evidence: readonly string[];
  /** By their type, of all that are told here as one. */
  readonly errorCounts: ErrorCounts;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** The newest so many are told. */
export const FAILURES_AT_MOST = 60;
const MESSAGE_CHARACTERS = 400;
const EVIDENCE_LINES = 3;
const EVIDENCE_CHARACTERS = 200;

/**
 * What went wrong within the window, newest first. What stopped a host as a whole is told of the host, not of each of its sources.
 *
 * @param records in any order
 */
export function failuresIn(records: readonly (SourceRecord | HostRecord)[], window: ReportWindow): FailureReport[] {
  const within = records.filter(({ atMs }) => dayOf(window, atMs) !== undefined);
  const ofHosts = new Map<string, FailureType>();
  for (const record of within)
    if (record.kind === 'host' && record.failure !== undefined) ofHosts.set(runOf(record), record.failure.type);
  const found = new Map<string, FailureReport>();
  for (const record of within.toSorted(oldestFirst)) {
    if (!isTrouble(record, ofHosts)) continue;
    const news = reportOf(record);
    const key = JSON.stringify([news.host, news.source, news.status, news.type]);
    const known = found.get(key);
    found.set(key, known === undefined ? news : repeated(known, news));
  }
  return [...found.values()].sort(newestFirst);
}

const repeated = (known: FailureReport, news: FailureReport): FailureReport => ({
  ...news,
  errorCounts: addedErrors(known.errorCounts, news.errorCounts),
  count: known.count + 1,
  firstAtMs: known.firstAtMs,
});

export const newestFirst = (one: FailureReport, other: FailureReport): number =>
  other.lastAtMs - one.lastAtMs || compare(placeOf(one), placeOf(other));

function isTrouble(record: SourceRecord | HostRecord, ofHosts: ReadonlyMap<string, FailureType>): boolean {
  if (record.kind === 'host') return record.failure !== undefined;
  if (record.status === 'ok') return false;
  const ofHost = ofHosts.get(runOf(record));
  return ofHost === undefined || (record.failure !== undefined && record.failure.type !== ofHost);
}

function reportOf(record: SourceRecord | HostRecord): FailureReport {
  const { host, status, failure, atMs } = record;
  return {
    host,
    ...(record.kind === 'source' ? { source: record.source } : {}),
    status,
    ...(failure === undefined ? {} : { type: failure.type }),
    message: cutText(failure?.message ?? '', MESSAGE_CHARACTERS),
    evidence:
      record.kind === 'source'
        ? record.evidence.slice(0, EVIDENCE_LINES).map((line) => cutText(line, EVIDENCE_CHARACTERS))
        : [],
    errorCounts: record.kind === 'source' ? errorCountsOf(record.errorCounts) : NO_ERRORS,
    count: 1,
    firstAtMs: atMs,
    lastAtMs: atMs,
  };
}

const runOf = ({ host, runId }: SourceRecord | HostRecord): string => JSON.stringify([host, runId]);

/** Ties by id: the answer is the same in whatever order records come. */
const oldestFirst = (one: SourceRecord | HostRecord, other: SourceRecord | HostRecord): number =>
  one.atMs - other.atMs || compare(one.id, other.id);

const placeOf = ({ host, source, status, type }: FailureReport): string => JSON.stringify([host, source, status, type]);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
