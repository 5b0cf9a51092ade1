import { approvedDoubt } from '../../core/guard/approval.js';
import { presentErrors } from '../../core/errors/error-types.js';
import type { Failure } from '../../core/failures.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import type { HostBackupResult, HostSummary, SourceResult, SourceSummary, StatusCounts } from '../messages.js';
import { bytesOf, firstThatFit } from '../payload-budget.js';

/** A fleet's result names at most so many hosts, worst first, and as many of their sources as fit; the counts count all. */
const HOSTS_AT_MOST = 200;
const BYTES_AT_MOST = 40 * 1024;
const MESSAGE_CHARACTERS = 400;
const EVIDENCE_LINES = 3;

export const NO_COUNTS: StatusCounts = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 };

export const counted = (counts: StatusCounts, status: Status): StatusCounts => ({
  ...counts,
  [status]: counts[status] + 1,
});

export function statusOfCounts(counts: StatusCounts): Status {
  return worstStatus((Object.keys(counts) as Status[]).filter((status) => counts[status] > 0));
}

export const countOf = (counts: StatusCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

export interface HostExecution {
  readonly workflowId: string;
  readonly runId?: string;
}

export function summaryOfHost(result: HostBackupResult, execution: HostExecution): HostSummary {
  return {
    host: result.host,
    status: result.status,
    ...execution,
    durationMs: result.durationMs,
    ...(result.failure === undefined ? {} : { failure: shortened(result.failure) }),
    sourcesTotal: result.sources.length,
    sources: result.sources.map(summaryOfSource).sort((one, other) => byStatus(one.status, other.status)),
  };
}

/** Of a host that gave no result: its Workflow was not started, terminated, or cancelled before it could say more. */
export const summaryWithoutResult = (
  host: string,
  status: Status,
  failure: Failure,
  execution: HostExecution,
): HostSummary => ({
  host,
  status,
  ...execution,
  durationMs: 0,
  failure: shortened(failure),
  sourcesTotal: 0,
  sources: [],
});

function summaryOfSource(result: SourceResult): SourceSummary {
  const { source, engine, status, backupId, level, figures, flaws, durationMs, failure, doubt, heldUntilMs } = result;
  return {
    source,
    engine,
    status,
    ...(backupId === undefined ? {} : { backupId }),
    ...(level === undefined ? {} : { level }),
    sourceBytes: figures.sourceBytes,
    storedBytes: figures.storedBytes,
    entries: figures.entries,
    flaws: flaws.count,
    durationMs,
    ...(failure === undefined ? {} : { failure: shortened(failure) }),
    ...errorsOf(result),
    ...(doubt === undefined ? {} : { doubt: approvedDoubt(doubt) }),
    ...(heldUntilMs === undefined ? {} : { heldUntilMs }),
  };
}

function errorsOf({ status, errorCounts, evidence }: SourceResult): Pick<SourceSummary, 'errorCounts' | 'evidence'> {
  const known = presentErrors(errorCounts);
  return {
    ...(Object.keys(known).length === 0 ? {} : { errorCounts: known }),
    ...(status === 'ok' || evidence === undefined ? {} : { evidence: evidence.slice(0, EVIDENCE_LINES) }),
  };
}

/** A host of which some sources were backed up again: the others are as they were. */
export function withAgain(earlier: HostSummary, again: HostSummary): HostSummary {
  const names = new Set(again.sources.map(({ source }) => source));
  const sources = [...earlier.sources.filter(({ source }) => !names.has(source)), ...again.sources];
  return {
    ...again,
    status: worstStatus([again.status, ...sources.map(({ status }) => status)]),
    durationMs: earlier.durationMs + again.durationMs,
    sourcesTotal: Math.max(earlier.sourcesTotal, sources.length),
    sources: sources.sort((one, other) => byStatus(one.status, other.status)),
  };
}

export const uncounted = (counts: StatusCounts, status: Status): StatusCounts => ({
  ...counts,
  [status]: counts[status] - 1,
});

/** Adds a host to the list, which stays worst first; what falls off its end is counted all the same. */
export const keepWorst = (hosts: readonly HostSummary[], added: HostSummary): readonly HostSummary[] =>
  [...hosts, added].sort(worseFirst).slice(0, HOSTS_AT_MOST);

/** The list as a payload may hold it: what does not fit are the best hosts' sources, then the best hosts. */
export function fitted(hosts: readonly HostSummary[]): readonly HostSummary[] {
  const named = firstThatFit(hosts.map(withoutSources), BYTES_AT_MOST);
  const room = BYTES_AT_MOST - bytesOf(named);
  const whole = firstThatFit(
    hosts.slice(0, named.length).map(({ sources }) => sources),
    room,
  ).length;
  return [...hosts.slice(0, whole), ...named.slice(whole)];
}

const withoutSources = (host: HostSummary): HostSummary => ({ ...host, sources: [] });

const worseFirst = (one: HostSummary, other: HostSummary): number =>
  byStatus(one.status, other.status) || (one.host < other.host ? -1 : 1);

const byStatus = (one: Status, other: Status): number => {
  if (one === other) return 0;
  return worstStatus([one, other]) === one ? -1 : 1;
};

const shortened = (failure: Failure): Failure =>
  failure.message.length <= MESSAGE_CHARACTERS
    ? failure
    : { ...failure, message: `${failure.message.slice(0, MESSAGE_CHARACTERS)}…` };
