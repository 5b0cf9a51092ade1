import { type ErrorCounts, errorCountsOf, sumOfErrors, withError } from '../errors/error-types.js';
import { evidenceLines } from '../errors/evidence.js';
import { errorTypeOfFailure, isError } from '../errors/failure-errors.js';
import { errorCountsOfFlaws } from '../errors/flaw-errors.js';
import { cutText } from '../report/cut-text.js';
import { exitCodeOfResult, type Status } from '../statuses.js';
import type { EndedBy, EndedHost, EndedSource, HostExecution } from './ended.js';
import { figuresOf } from './ended-figures.js';
import type { HostRecord, SourceRecord } from './records.js';

const MESSAGE_CHARACTERS = 400;

/** All that a hostBackup leaves in history: its sources, then the host. A dry run leaves nothing. */
export function recordsOfHost(result: EndedHost, execution: HostExecution): (SourceRecord | HostRecord)[] {
  const { host, sources, failure, dryRun } = result;
  // Results of older versions say it with their sources only.
  if (dryRun === true || sources.some((source) => source.dryRun === true)) return [];
  const of = { ...execution, host, ...(failure === undefined ? {} : { failure }) };
  return [...sources.map((source) => recordOfSource(source, of)), recordOfHost(result, execution)];
}

/** @param of the host; `failure`: what kept its sources from being begun */
export function recordOfSource(
  ended: EndedSource,
  of: HostExecution & { readonly host: string; readonly failure?: EndedBy },
): SourceRecord {
  const { source, engine, destination, status, backupId, level, rsyncExitCode, startedAtMs, durationMs } = ended;
  const { host, workflowId, runId } = of;
  const failure = ended.failure ?? (wasBegun(ended) ? undefined : of.failure);
  return {
    kind: 'source',
    id: `source/${runId}/${host}/${source}`,
    atMs: startedAtMs + durationMs,
    host,
    source,
    destination,
    engine,
    workflowId,
    runId,
    status,
    startedAtMs,
    durationMs,
    ...(backupId === undefined ? {} : { backupId }),
    ...(level === undefined ? {} : { level }),
    ...shortened(failure),
    errorCounts: countsOf(ended, failure),
    warnings: ended.warnings ?? ended.flaws.count,
    evidence: ended.evidence ?? evidenceLines(failure === undefined ? [] : [failure.message]),
    exitCode: exitCodeOfResult({ status, ...(failure === undefined ? {} : { failure }) }),
    ...(rsyncExitCode === undefined ? {} : { rsyncExitCode }),
    ...figuresOf(ended),
  };
}

/** Its errors and warnings are those of its sources and of its own hooks. */
export function recordOfHost(result: EndedHost, { workflowId, runId }: HostExecution): HostRecord {
  const { host, status, failure, sources, hooks = [], startedAtMs, durationMs } = result;
  const failed = hooks.filter((hook) => hook.onFailure !== 'ignore' && hook.failure && isError(hook.failure.type));
  const errors = sumOf(sources.map((source) => sumOfErrors(countsOf(source, source.failure)))) + failed.length;
  const warnings = sumOf(sources.map(({ warnings, flaws }) => warnings ?? flaws.count));
  return {
    kind: 'host',
    id: `host/${runId}`,
    atMs: startedAtMs + durationMs,
    host,
    workflowId,
    runId,
    status,
    startedAtMs,
    durationMs,
    ...shortened(failure),
    sources: statusesOf(sources),
    // A host that failed before anything was known of its sources has one error all the same.
    errors: errors === 0 && status === 'failed' ? 1 : errors,
    warnings: warnings + (status === 'failed' ? 0 : failed.length),
    totalSizeBytes: sumOf(sources.map(({ figures }) => figures.sourceBytes)),
    storedBytes: sumOf(sources.map(({ figures }) => figures.storedBytes)),
  };
}

/** Of a source that was begun and made no backup it is said why. */
const wasBegun = ({ status }: EndedSource): boolean => status === 'ok' || status === 'warning' || status === 'held';

/** Older versions counted those of mirrors only. A host that is away is nobody's failure. */
function countsOf({ errorCounts, flaws, status }: EndedSource, failure: EndedBy | undefined): ErrorCounts {
  if (errorCounts !== undefined) return errorCountsOf(errorCounts);
  const counts = errorCountsOfFlaws(flaws);
  const isCounted = failure !== undefined && isError(failure.type) && status !== 'skipped';
  return isCounted ? withError(counts, errorTypeOfFailure(failure.type)) : counts;
}

const NO_STATUSES: HostRecord['sources'] = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 };

const statusesOf = (sources: readonly { readonly status: Status }[]): HostRecord['sources'] =>
  sources.reduce((counts, { status }) => ({ ...counts, [status]: counts[status] + 1 }), NO_STATUSES);

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

const shortened = (failure: EndedBy | undefined): Pick<SourceRecord, 'failure'> =>
  failure === undefined
    ? {}
    : { failure: { type: failure.type, message: cutText(failure.message, MESSAGE_CHARACTERS) } };
