import { NO_ERRORS } from '../../src/core/errors/error-types.js';
import type { SourceHealth } from '../../src/core/history/fleet-state.js';
import type { HostRecord, SizeRecord, SourceRecord } from '../../src/core/history/records.js';

/** 2026-11-21 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 21, 12);
const NONE = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 };

export const sourceRecord = (news: Partial<SourceRecord> = {}): SourceRecord => {
  const { host = 'web1', source = 'www', atMs = NOON } = news;
  return {
    kind: 'source',
    id: `source/${host}/${source}/${atMs}`,
    atMs,
    host,
    source,
    destination: 'vault',
    engine: 'archive',
    workflowId: `host/${host}`,
    runId: `run-${atMs}`,
    status: 'ok',
    startedAtMs: atMs - 60_000,
    durationMs: 60_000,
    errorCounts: NO_ERRORS,
    warnings: 0,
    evidence: [],
    exitCode: 0,
    totalSizeBytes: 1_000_000,
    storedBytes: 1_000,
    bytesSent: 0,
    bytesReceived: 1_000,
    filesTotal: 100,
    filesTransferred: 1,
    filesDeleted: 0,
    ...news,
  };
};

export const hostRecord = (news: Partial<HostRecord> = {}): HostRecord => {
  const { host = 'web1', atMs = NOON } = news;
  return {
    kind: 'host',
    id: `host/${host}/${atMs}`,
    atMs,
    host,
    workflowId: `host/${host}`,
    runId: `run-${atMs}`,
    status: 'ok',
    startedAtMs: atMs - 60_000,
    durationMs: 60_000,
    sources: NONE,
    errors: 0,
    warnings: 0,
    totalSizeBytes: 1_000_000,
    storedBytes: 1_000,
    ...news,
  };
};

export const sizeRecord = (news: Partial<SizeRecord> = {}): SizeRecord => {
  const { host = 'web1', source = 'www', of = 'archive', atMs = NOON } = news;
  return {
    kind: 'size',
    id: `size/${host}/${source}/${of}/${atMs}`,
    atMs,
    host,
    source,
    destination: 'vault',
    of,
    count: 1,
    totalBytes: 1_000_000,
    complete: true,
    ...news,
  };
};

/** Without a state: as a source that nothing is known of. */
export const sourceHealth = (news: Partial<SourceHealth> = {}): SourceHealth => ({
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'archive',
  overdue: false,
  sizes: [],
  ...news,
});
