import { Option } from 'commander';
import type { Command } from 'commander';
import type { WorkflowHandle } from '@temporalio/client';
import { exitCodeOfResult } from '../../core/statuses.js';
import type {
  ConsolidateResult,
  FleetBackupResult,
  FleetProgress,
  HostBackupResult,
  MeasureSizesResult,
  PruneProgress,
  PruneResult,
  RestoreDrillResult,
  RestoreProgress,
  RestoreResult,
  ScanSizesProgress,
  ScanSizesResult,
  SourcesProgress,
  VerifyBackupsResult,
} from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { limitOf } from '../command-arguments.js';
import { registerRunsControlCommands } from './runs-control.js';
import { registerRunsLimitCommand } from './runs-limit.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';

type RunResult =
  | FleetBackupResult
  | HostBackupResult
  | RestoreResult
  | PruneResult
  | ConsolidateResult
  | VerifyBackupsResult
  | RestoreDrillResult
  | ScanSizesResult
  | MeasureSizesResult;

export function registerRunsCommands(program: Command): void {
  const runs = program.command('runs').description('look into runs, join them, cancel them');
  runs
    .command('list', { isDefault: true })
    .description('the newest runs, running ones first')
    .addOption(new Option('-l, --limit <count>', 'at most so many').argParser(limitOf).default(20))
    .option('--hosts', 'the single hosts’ runs too', false)
    .option('--all', 'ended runs from the catalog, also those that Temporal no longer keeps', false)
    .option('-H, --host <host>', 'from the catalog: runs that this host took part in')
    .action(async (options: ListOptions, command: Command) => {
      if (options.all || options.host !== undefined) return listCataloged(contextOf(command), options);
      await withConnection(contextOf(command), false, (context, connection) => listRuns(context, connection, options));
    });
  runs
    .command('show <workflow-id>')
    .description('what a run did, or how far it is')
    .action(async (workflowId: string, _options: unknown, command: Command) => {
      await withConnection(contextOf(command), false, (context, connection) =>
        showRun(context, connection, workflowId),
      );
    });
  runs
    .command('attach <workflow-id>')
    .description('follow a running run to its end')
    .action(async (workflowId: string, _options: unknown, command: Command) => {
      await withConnection(contextOf(command), true, (context, connection) => attach(context, connection, workflowId));
    });
  runs
    .command('cancel <workflow-id>')
    .description('cancel a run: transfers stop, post scripts still run')
    .action(async (workflowId: string, _options: unknown, command: Command) => {
      await withConnection(contextOf(command), true, (context, connection) => cancel(context, connection, workflowId));
    });
  registerRunsLimitCommand(runs, withConnection);
  registerRunsControlCommands(runs, withConnection);
}

interface ListOptions {
  readonly limit: number;
  readonly hosts: boolean;
  readonly all: boolean;
  readonly host?: string;
}

async function listCataloged(context: CliContext, { limit, host }: ListOptions): Promise<void> {
  const { printCatalogedRuns, readCatalogedRuns } = await import('../runs/cataloged-runs.js');
  await withConnection(context, true, async (_context, connection) => {
    const query = { limit, ...(host === undefined ? {} : { host }) };
    await printCatalogedRuns(context, await readCatalogedRuns(context, connection, query));
  });
}

async function withConnection(
  context: CliContext,
  requireWorker: boolean,
  use: (context: CliContext, connection: TemporalConnection) => Promise<void>,
): Promise<void> {
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker, note: context.note });
  try {
    await use(context, connection);
  } finally {
    await connection.stop();
  }
}

async function listRuns(
  context: CliContext,
  connection: TemporalConnection,
  options: { limit: number; hosts: boolean },
): Promise<void> {
  const types = [
    WORKFLOW.fleetBackup,
    WORKFLOW.restore,
    WORKFLOW.verifyBackups,
    WORKFLOW.restoreDrill,
    WORKFLOW.pruneDestinations,
    WORKFLOW.consolidate,
    WORKFLOW.scanSizes,
    ...(options.hosts ? [WORKFLOW.hostBackup] : []),
  ]
    .map((type) => `'${type}'`)
    .join(', ');
  const rows: string[][] = [];
  const { durationText, table } = await import('../output.js');
  for await (const run of connection.client.workflow.list({
    query: `WorkflowType IN (${types})`,
    pageSize: options.limit,
  })) {
    const milliseconds = (run.closeTime ?? new Date()).getTime() - run.startTime.getTime();
    context.printJson({
      message_type: 'run',
      workflow_id: run.workflowId,
      run_id: run.runId,
      type: run.type,
      state: run.status.name,
      started_at: run.startTime.toISOString(),
      closed_at: run.closeTime?.toISOString() ?? null,
      ui_url: connection.workflowUrl(run.workflowId, run.runId) ?? null,
    });
    rows.push([
      run.workflowId,
      run.type,
      run.status.name.toLowerCase().replaceAll('_', ' '),
      run.startTime.toISOString().slice(0, 19).replace('T', ' '),
      durationText(milliseconds),
    ]);
    if (rows.length === options.limit) break;
  }
  if (rows.length === 0) context.note('No runs yet.');
  else context.print(table(['WORKFLOW', 'TYPE', 'STATE', 'STARTED (UTC)', 'TIME'], rows));
}

async function showRun(context: CliContext, connection: TemporalConnection, workflowId: string): Promise<void> {
  const handle = connection.client.workflow.getHandle(workflowId);
  const description = await describe(handle);
  const ui = connection.workflowUrl(workflowId, description.runId);
  if (ui !== undefined) context.note(ui);
  if (description.status.name === 'RUNNING') {
    // A query needs a worker; without one the state alone is said.
    const progress: unknown = await handle.query('progress').catch(() => undefined);
    context.printJson({
      message_type: 'summary',
      workflow_id: workflowId,
      state: 'RUNNING',
      progress: progress ?? null,
    });
    context.print(`running since ${description.startTime.toISOString()}`);
    if (progress !== undefined) context.print(JSON.stringify(progress, null, 2));
    return;
  }
  const { resultOf } = await import('../runs/workflow-results.js');
  const result = await resultOf<RunResult>(handle);
  await printResult(context, workflowId, result);
  if (result.kind === 'fleet-backup')
    await (await import('../runs/held-names.js')).printHeldNames(context, connection, result);
}

async function attach(context: CliContext, connection: TemporalConnection, workflowId: string): Promise<void> {
  const handle = connection.client.workflow.getHandle(workflowId);
  const { type } = await describe(handle);
  const { followRun } = await import('../runs/follow-run.js');
  const { fleetProgressView } = await import('../reports/backup-report.js');
  const { restoreProgressView } = await import('../reports/restore-report.js');
  const { pruneProgressView } = await import('../reports/prune-report.js');
  const { drillProgressView, verifyProgressView } = await import('../reports/verify-report.js');
  const { scanProgressView } = await import('../reports/sizes-report.js');
  const result =
    type === WORKFLOW.verifyBackups || type === WORKFLOW.restoreDrill
      ? await followRun<RunResult, SourcesProgress>(
          context,
          connection,
          handle,
          type === WORKFLOW.restoreDrill ? drillProgressView : verifyProgressView,
        )
      : type === WORKFLOW.pruneDestinations
        ? await followRun<RunResult, PruneProgress>(context, connection, handle, pruneProgressView)
        : type === WORKFLOW.restore
          ? await followRun<RunResult, RestoreProgress>(context, connection, handle, restoreProgressView)
          : type === WORKFLOW.scanSizes
            ? await followRun<RunResult, ScanSizesProgress>(context, connection, handle, scanProgressView)
            : await followRun<RunResult, FleetProgress>(context, connection, handle, fleetProgressView);
  if (result !== 'detached') process.exitCode = await printResult(context, workflowId, result);
}

async function cancel(context: CliContext, connection: TemporalConnection, workflowId: string): Promise<void> {
  const handle = connection.client.workflow.getHandle(workflowId);
  await describe(handle);
  await handle.cancel();
  context.note('Cancelling: transfers stop, post scripts run.');
  const { resultOf } = await import('../runs/workflow-results.js');
  await printResult(context, workflowId, await resultOf<RunResult>(handle));
}

async function describe(
  handle: WorkflowHandle,
): Promise<{ type: string; runId: string; startTime: Date; status: { name: string } }> {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  const { HoldfastError } = await import('../../core/failures.js');
  return handle.describe().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError)
      throw new HoldfastError('RunNotFound', `There is no run ${handle.workflowId}.`);
    throw error;
  });
}

async function printResult(context: CliContext, workflowId: string, result: RunResult): Promise<number> {
  const exitCode = exitCodeOfResult(result);
  context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
  switch (result.kind) {
    case 'fleet-backup':
      (await import('../reports/backup-report.js')).printFleetResult(context, result);
      break;
    case 'host-backup':
      (await import('../reports/host-report.js')).printHostResult(context, result);
      break;
    case 'restore':
      (await import('../reports/restore-report.js')).printRestoreResult(context, result);
      break;
    case 'verify-backups':
      (await import('../reports/verify-report.js')).printVerification(context, result);
      break;
    case 'restore-drill':
      (await import('../reports/verify-report.js')).printDrill(context, result);
      break;
    case 'prune':
      (await import('../reports/prune-report.js')).printPruneResult(context, result);
      break;
    case 'scan-sizes':
      (await import('../reports/sizes-report.js')).printScan(context, result);
      break;
    case 'measure-sizes':
      (await import('../reports/sizes-report.js')).printMeasured(context, result);
      break;
    case 'consolidate':
      (await import('../reports/consolidate-report.js')).printConsolidateResult(context, result);
      break;
  }
  return exitCode;
}
