import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { consolidationWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { ConsolidateInput, ConsolidateResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';

interface ConsolidateCommandOptions {
  readonly host: string;
  readonly source: string;
  readonly maxDead: number;
}

export function registerConsolidateCommand(program: Command): void {
  program
    .command('consolidate')
    .description('make a new level 0 of a source’s newest chain, from what the destination holds; the host is not read')
    .requiredOption('-H, --host <name>', 'the host')
    .requiredOption('-s, --source <name>', 'the source')
    .addOption(
      new Option('--max-dead <percent>', 'refuse a copy of which more than this is not needed any more')
        .argParser(percentOf)
        .default(50),
    )
    .action(async (options: ConsolidateCommandOptions, command: Command) => {
      await runConsolidate(contextOf(command), options);
    });
}

function percentOf(text: string): number {
  const percent = Number(text);
  if (text.trim() !== '' && percent >= 0 && percent <= 100) return percent;
  throw new InvalidArgumentError('Give a number from 0 to 100.');
}

async function runConsolidate(
  context: CliContext,
  { host, source, maxDead }: ConsolidateCommandOptions,
): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const input: ConsolidateInput = { configPath, host, source, maxDeadPercent: maxDead };
    const handle = await connection.client.workflow.start(WORKFLOW.consolidate, {
      taskQueue: TASK_QUEUE,
      // One at a time; a second start is refused.
      workflowId: consolidationWorkflowId(host, source),
      args: [input],
      staticSummary: `consolidate ${host}/${source}`.slice(0, 200),
    });
    const { sayStarted } = await import('../runs/say-started.js');
    sayStarted(context, connection, handle.workflowId);
    const { resultOf } = await import('../runs/workflow-results.js');
    const result = await Promise.race([resultOf<ConsolidateResult>(handle), connection.workerFailed]);
    const exitCode = exitCodeOfResult(result);
    const { printConsolidateResult } = await import('../reports/consolidate-report.js');
    printConsolidateResult(context, result);
    context.printJson({ message_type: 'summary', workflow_id: handle.workflowId, ...result, exit_code: exitCode });
    process.exitCode = exitCode;
  });
}
