import type { FleetBackupResult, HostBackupResult } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { doubtLines } from '../reports/host-report.js';
import { resultOf } from './workflow-results.js';

/** The names that held sources of a run would lose: its hosts’ own results have them, as long as Temporal keeps those. */
export async function printHeldNames(
  context: CliContext,
  { client }: TemporalConnection,
  { hosts }: FleetBackupResult,
): Promise<void> {
  for (const { workflowId, runId } of hosts.filter(({ status }) => status === 'held')) {
    const own = client.workflow.getHandle(workflowId, runId);
    const result = await resultOf<HostBackupResult>(own).catch(() => undefined);
    for (const source of result?.sources.filter(({ status }) => status === 'held') ?? []) {
      const lines = doubtLines(source.doubt);
      if (lines.length > 0) context.print([`${result?.host}:${source.source}`, ...lines].join('\n  '));
      context.printJson({
        message_type: 'held',
        host: result?.host,
        source: source.source,
        doubt: source.doubt ?? null,
      });
    }
  }
}
