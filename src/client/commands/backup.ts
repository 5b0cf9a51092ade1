import { resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { fleetBackupWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import type { Selection } from '../../core/plan.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { FleetBackupInput, FleetBackupResult, FleetProgress } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';

interface BackupCommandOptions {
  readonly source: readonly string[];
  readonly tag: readonly string[];
  readonly full: boolean;
  readonly approve: boolean;
  readonly dryRun: boolean;
  readonly detach: boolean;
}

export function registerBackupCommand(program: Command): void {
  program
    .command('backup')
    .description('back up all hosts of the configuration, or those named')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(
      new Option('-s, --source <name>', 'only this source (dest_subdir); repeatable')
        .argParser(collect)
        .default([], ''),
    )
    .addOption(
      new Option('-t, --tag <tag>', 'only sources with this tag; repeatable').argParser(collect).default([], ''),
    )
    .option('--full', 'start new chains: level 0 whatever the policy says', false)
    .option('--approve', 'go on where the guard would hold a source (many deletions, an empty source)', false)
    .option('-n, --dry-run', 'look and plan only; nothing is written, no script runs', false)
    .option('-d, --detach', 'start the run and return', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast backup\n  holdfast backup web1 web2 --source etc\n  holdfast backup db1 --full --json',
    )
    .action(async (hosts: string[], options: BackupCommandOptions, command: Command) => {
      await backUp(contextOf(command), { hosts, sources: options.source, tags: options.tag }, options);
    });
}

async function backUp(context: CliContext, selection: Selection, options: BackupCommandOptions): Promise<void> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const configuration = await loadConfig(configPath);
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    // Loaded before the run starts, so that Ctrl-C is heard from its first moment.
    const { followRun } = await import('../runs/follow-run.js');
    const { sayStarted } = await import('../runs/say-started.js');
    const { fleetProgressView, printFleetResult } = await import('../reports/backup-report.js');
    const workflowId = fleetBackupWorkflowId('on-demand', Date.now(), randomBytes(3).toString('hex'));
    const input: FleetBackupInput = {
      configPath,
      plan: 'on-demand',
      selection,
      options: { dryRun: options.dryRun, full: options.full, approve: options.approve },
      parallelHosts: configuration.settings.parallelHosts,
    };
    const handle = await connection.client.workflow.start(WORKFLOW.fleetBackup, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      staticSummary: summaryOf(selection, options),
    });
    if (options.detach && !connection.ownWorker) return sayStarted(context, connection, workflowId);
    const result = await followRun<FleetBackupResult, FleetProgress>(context, connection, handle, fleetProgressView);
    if (result === 'detached') return;
    const exitCode = exitCodeOfResult(result);
    printFleetResult(context, result);
    if (result.counts.held > 0)
      context.note(`What is held:\n  holdfast runs show ${workflowId}\n  holdfast approve ${workflowId}`);
    context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
    process.exitCode = exitCode;
  } finally {
    await connection.stop();
  }
}

function summaryOf(selection: Selection, options: BackupCommandOptions): string {
  const what = selection.hosts.length === 0 ? 'all hosts' : selection.hosts.slice(0, 5).join(', ');
  const words = [options.dryRun ? 'dry run of' : 'backup of', what, options.full ? '(full)' : ''];
  return words
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 200);
}
