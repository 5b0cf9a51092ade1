import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { TASK_QUEUE } from '../../core/ids.js';
import { EXIT } from '../../core/statuses.js';
import type { RebuildCatalogInput, RebuildCatalogResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';

export function registerCatalogCommands(program: Command): void {
  const catalog = program.command('catalog').description('the index of runs and backups: a copy, never the truth');
  catalog
    .command('rebuild')
    .description('make it anew from what the destinations hold; known runs stay')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .action(async (hosts: string[], options: { source: readonly string[] }, command: Command) => {
      await rebuild(contextOf(command), { hosts, sources: options.source, tags: [] });
    });
}

async function rebuild(context: CliContext, selection: RebuildCatalogInput['selection']): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { resultOf } = await import('../runs/workflow-results.js');
    const { sayStarted } = await import('../runs/say-started.js');
    const input: RebuildCatalogInput = { configPath, selection };
    const handle = await connection.client.workflow.start(WORKFLOW.rebuildCatalog, {
      taskQueue: TASK_QUEUE,
      workflowId: `catalog/${Date.now()}-${randomBytes(3).toString('hex')}`,
      args: [input],
      staticSummary: 'make the catalog anew',
    });
    sayStarted(context, connection, handle.workflowId);
    const result = await Promise.race([resultOf<RebuildCatalogResult>(handle), connection.workerFailed]);
    const { hosts, sources, backups, forgotten, failures } = result;
    context.print(`${backups} backups of ${sources} sources on ${hosts} hosts; ${forgotten} sources forgotten`);
    for (const failure of failures) for (const line of failureLines(failure)) context.note(line);
    process.exitCode = failures.length > 0 ? EXIT.failed : EXIT.ok;
    context.printJson({ message_type: 'summary', ...result, exit_code: process.exitCode });
  });
}
