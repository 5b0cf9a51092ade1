import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { prunesWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import type { Selection } from '../../core/plan.js';
import { EXIT, exitCodeOfResult } from '../../core/statuses.js';
import type {
  PruneInput,
  PruneProgress,
  PrunePreviewInput,
  PrunePreviewResult,
  PruneResult,
} from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { withWorkers } from '../with-workers.js';

interface PruneCommandOptions {
  readonly source: readonly string[];
  readonly dryRun: boolean;
  readonly approve: boolean;
  readonly sweepOnly: boolean;
}

export function registerPruneCommand(program: Command): void {
  program
    .command('prune')
    .description('delete the archives that the rules of `keep` do not keep, after their grace')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .option('-n, --dry-run', 'show each backup with what keeps it or why it goes; nothing is changed', false)
    .option('--approve', 'go on where a clock set back or many deletions at once would hold a source', false)
    .option('--sweep-only', 'remove what abandoned runs have left, and nothing else', false)
    .addHelpText('after', '\nExamples:\n  holdfast prune --dry-run\n  holdfast prune web1 --source www')
    .action(async (hosts: string[], options: PruneCommandOptions, command: Command) => {
      await runPrune(contextOf(command), { hosts, sources: options.source, tags: [] }, options);
    });
}

async function runPrune(context: CliContext, selection: Selection, options: PruneCommandOptions): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const at = { configPath, selection };
    process.exitCode = options.dryRun
      ? await preview(context, connection, at)
      : await perform(context, connection, { ...at, approve: options.approve, sweepOnly: options.sweepOnly });
  });
}

async function perform(context: CliContext, connection: TemporalConnection, input: PruneInput): Promise<number> {
  const { followRun } = await import('../runs/follow-run.js');
  const { printPruneResult, pruneProgressView } = await import('../reports/prune-report.js');
  const workflowId = prunesWorkflowId(Date.now(), randomBytes(3).toString('hex'));
  const handle = await connection.client.workflow.start(WORKFLOW.pruneDestinations, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
    staticSummary: input.sweepOnly ? 'sweep' : 'prune',
  });
  const result = await followRun<PruneResult, PruneProgress>(context, connection, handle, pruneProgressView);
  if (result === 'detached') return EXIT.interrupted;
  const exitCode = exitCodeOfResult(result);
  printPruneResult(context, result);
  context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
  return exitCode;
}

/** The list may be long: it comes page by page, each by a short Workflow. */
async function preview(
  context: CliContext,
  connection: TemporalConnection,
  at: Pick<PrunePreviewInput, 'configPath' | 'selection'>,
): Promise<number> {
  const { answerOf } = await import('../runs/answer-of.js');
  const { printPreview, PreviewTotals } = await import('../reports/prune-report.js');
  const totals = new PreviewTotals();
  const nowMs = Date.now();
  let next: { readonly offset: number; readonly shown: number } | undefined = { offset: 0, shown: 0 };
  while (next !== undefined) {
    const input: PrunePreviewInput = { ...at, ...next, nowMs };
    const page: PrunePreviewResult = await answerOf<PrunePreviewResult>(connection, {
      type: WORKFLOW.previewPrune,
      idPrefix: 'prune-preview',
      input,
    });
    for (const source of page.sources) {
      printPreview(context, source);
      context.printJson({ message_type: 'preview', ...source });
      totals.add(source);
    }
    next = page.next;
  }
  totals.print(context);
  const exitCode = totals.failed ? EXIT.failed : totals.held ? EXIT.incomplete : EXIT.ok;
  context.printJson({ message_type: 'summary', dry_run: true, ...totals.figures(), exit_code: exitCode });
  return exitCode;
}
