import { patched, workflowInfo } from '@temporalio/workflow';
import type { Status } from '../../core/statuses.js';
import { quick, step } from '../activity-profiles.js';
import { always } from '../scopes.js';

/** What every run's result says that the catalog keeps. */
interface EndedRun {
  readonly status: Status;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/**
 * Notes a run that ends in the catalog, whatever it ended as. The catalog is a copy: the run is not held up by one that is away, and nothing of
 * this changes how it ended.
 */
export async function recordRun(
  configPath: string,
  { status, startedAtMs, durationMs }: EndedRun,
  hosts: readonly { readonly host: string; readonly status: Status }[],
  summary: Readonly<Record<string, unknown>>,
): Promise<void> {
  // Runs that began before there was a catalog end without it.
  if (!patched('record-run')) return;
  const { workflowId, runId, workflowType: type } = workflowInfo();
  const startedAt = new Date(startedAtMs).toISOString();
  // The catalog has a column for each; what else the results of hosts hold stays with the run.
  const ended = hosts.map(({ host, status: ofHost }) => ({ host, status: ofHost }));
  const run = { workflowId, runId, type, status, startedAt, durationMs, hosts: ended, summary };
  try {
    await always(() => step('note the run in the catalog', quick.recordRun, { configPath, run }));
  } catch {
    // Said by the step itself.
  }
}
