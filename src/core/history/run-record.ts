import type { CatalogRun } from '../catalog-records.js';
import type { Status } from '../statuses.js';
import type { RunRecord } from './records.js';

/** What history keeps of a run. Undefined: a dry run, which changed nothing. */
export function recordOfRun(run: CatalogRun): RunRecord | undefined {
  const { workflowId, runId, type, status, durationMs, summary } = run;
  const { plan, counts, storedBytes, dryRun } = summary;
  if (dryRun === true) return undefined;
  const startedAtMs = Date.parse(run.startedAt);
  return {
    kind: 'run',
    id: `run/${runId}`,
    atMs: Math.round(startedAtMs + durationMs),
    type,
    ...(typeof plan === 'string' ? { plan } : {}),
    workflowId,
    runId,
    status,
    startedAtMs,
    durationMs,
    ...(isCounts(counts) ? { hosts: counts } : {}),
    ...(typeof storedBytes === 'number' ? { storedBytes } : {}),
  };
}

const isCounts = (value: unknown): value is Readonly<Record<Status, number>> =>
  typeof value === 'object' && value !== null && 'ok' in value;
