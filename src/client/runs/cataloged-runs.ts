import { resolve } from 'node:path';
import type { CatalogRun } from '../../core/catalog-records.js';
import type { ListRunsWorkflowInput, ListRunsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { answerOf } from './answer-of.js';

/** Runs that have ended, as the catalog has them: also those that Temporal no longer keeps. */
export async function readCatalogedRuns(
  context: CliContext,
  connection: TemporalConnection,
  query: { readonly limit: number; readonly host?: string },
): Promise<readonly CatalogRun[]> {
  const { findConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const input: ListRunsWorkflowInput = { configPath, ...query };
  return (await answerOf<ListRunsWorkflowResult>(connection, { type: WORKFLOW.listRuns, idPrefix: 'runs', input }))
    .runs;
}

export async function printCatalogedRuns(context: CliContext, runs: readonly CatalogRun[]): Promise<void> {
  const { durationText, statusWord, table } = await import('../output.js');
  for (const { workflowId, runId, type, status, startedAt, durationMs, hosts, summary } of runs) {
    const times = { started_at: startedAt, duration_ms: durationMs };
    const ids = { workflow_id: workflowId, run_id: runId };
    context.printJson({ message_type: 'run', ...ids, type, state: 'ENDED', status, ...times, hosts, summary });
  }
  if (runs.length === 0) return context.note('The catalog knows no runs.');
  const rows = runs.map(({ workflowId, type, status, startedAt, durationMs }) => [
    workflowId,
    type,
    statusWord(status),
    startedAt.slice(0, 19).replace('T', ' '),
    durationText(durationMs),
  ]);
  context.print(table(['WORKFLOW', 'TYPE', 'STATUS', 'STARTED (UTC)', 'TIME'], rows));
}
