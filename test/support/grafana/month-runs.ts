import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { EndedHost, EndedSource } from '../../../src/core/history/ended.js';
import { recordsOfHost } from '../../../src/core/history/ended-records.js';
import type { HistoryRecord } from '../../../src/core/history/records.js';
import { recordOfRun } from '../../../src/core/history/run-record.js';
import { worstStatus } from '../../../src/core/statuses.js';
import { GIB, MONTH_FLEET, type MonthRun, type MonthSource } from './month-fleet.js';

/** What a night's run leaves: its sources, hosts and itself. */
export function runOfNight(daysAgo: number, startedAtMs: number): HistoryRecord[] {
  const hosts = [...new Set(MONTH_FLEET.map(({ host }) => host))]
    .map((host) => hostOfNight(host, daysAgo, startedAtMs))
    .filter(({ sources }) => sources.length > 0);
  const counts = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 };
  for (const { status } of hosts) counts[status] += 1;
  const run = recordOfRun({
    workflowId: `backup/daily/${daysAgo}`,
    runId: `run-${daysAgo}`,
    type: 'fleetBackup',
    status: worstStatus(hosts.map(({ status }) => status)),
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: Math.max(...hosts.map(({ durationMs }) => durationMs)),
    hosts: [],
    summary: { plan: 'daily', counts, storedBytes: 3 * GIB },
  });
  const ofHosts = hosts.flatMap((ended) =>
    recordsOfHost(ended, { workflowId: `host/${ended.host}`, runId: `${ended.host}-${daysAgo}` }),
  );
  return run === undefined ? ofHosts : [...ofHosts, run];
}

function hostOfNight(host: string, daysAgo: number, startedAtMs: number): EndedHost {
  const sources = MONTH_FLEET.filter((source) => source.host === host).flatMap((source) => {
    const run = source.runs(daysAgo);
    return run === undefined ? [] : [sourceOfNight(source, run, daysAgo, startedAtMs)];
  });
  const failure = sources.find((source) => source.failure !== undefined)?.failure;
  return {
    host,
    status: worstStatus(sources.map(({ status }) => status)),
    ...(failure === undefined ? {} : { failure }),
    sources,
    startedAtMs,
    durationMs: sources.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

function sourceOfNight(plan: MonthSource, run: MonthRun, daysAgo: number, startedAtMs: number): EndedSource {
  const { status, seconds, failure, permission = 0 } = run;
  const { source, engine, destination } = plan;
  const ended = {
    source,
    engine,
    destination,
    status,
    errorCounts: { ...NO_ERRORS, permission, ...(failure === undefined ? {} : { connection: 1 }) },
    flaws: { count: permission, first: [] },
    startedAtMs,
    durationMs: seconds * 1_000,
  };
  if (status !== 'ok' && status !== 'warning')
    return { ...ended, figures: NOTHING, ...(failure === undefined ? {} : { failure }) };
  const sourceBytes = plan.gib * GIB + (35 - daysAgo) * (GIB / 4);
  const made = {
    ...ended,
    backupId: `of-${daysAgo}`,
    figures: { entries: 40_000 - daysAgo, changed: 120, deleted: 7, sourceBytes, storedBytes: GIB / 2 },
  };
  if (engine === 'archive') return { ...made, level: daysAgo % 7 === 1 ? 0 : 1 };
  return { ...made, rsyncExitCode: permission > 0 ? 23 : 0, transfer: transferOf(sourceBytes) };
}

const NOTHING: EndedSource['figures'] = { entries: 0, changed: 0, deleted: 0, sourceBytes: 0, storedBytes: 0 };

const transferOf = (totalSizeBytes: number): EndedSource['transfer'] => ({
  filesTotal: 40_000,
  filesTransferred: 120,
  filesCreated: 20,
  filesDeleted: 7,
  totalSizeBytes,
  literalBytes: GIB / 2,
  matchedBytes: 0,
  bytesSent: 4_000_000,
  bytesReceived: GIB / 2,
  speedup: totalSizeBytes / (GIB / 2 + 4_000_000),
});
