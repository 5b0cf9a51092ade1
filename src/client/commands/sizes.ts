import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { durationMs } from '../../config/units.js';
import { EXIT, exitCodeOfResult } from '../../core/statuses.js';
import type { Selection } from '../../core/plan.js';
import type { ScanSizesProgress, ScanSizesResult } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';

interface SelectionOptions {
  readonly source: readonly string[];
}
interface ScanOptions extends SelectionOptions {
  /** Milliseconds. */
  readonly limit?: number;
  readonly detach: boolean;
}

const sourceOption = (): Option =>
  new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], '');

export function registerSizesCommands(program: Command): void {
  const sizes = program.command('sizes').description('how much room mirrors, snapshots and archives take');
  sizes
    .command('list', { isDefault: true })
    .description('the last known figures, with their age')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(sourceOption())
    .action(async (hosts: string[], { source }: SelectionOptions, command: Command) => {
      await list(contextOf(command), { hosts, sources: source, tags: [] });
    });
  sizes
    .command('scan')
    .description('measure them, in the background of backups')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(sourceOption())
    .addOption(
      new Option(
        '--limit <time>',
        'for each directory, then its figure is partial; default: size_scan_limit',
      ).argParser(limitOf),
    )
    .option('-d, --detach', 'start the scan and return', false)
    .addHelpText('after', '\nExamples:\n  holdfast sizes scan\n  holdfast sizes scan web1 --limit 2h --detach')
    .action(async (hosts: string[], options: ScanOptions, command: Command) => {
      await scan(contextOf(command), { hosts, sources: options.source, tags: [] }, options);
    });
}

async function list(context: CliContext, selection: Selection): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { readSizes } = await import('../read-sizes.js');
    const { printSizes } = await import('../reports/sizes-report.js');
    const sizes = await readSizes(connection, { configPath, selection });
    printSizes(context, sizes, Date.now());
    context.printJson({ message_type: 'summary', sizes: sizes.length, exit_code: EXIT.ok });
  });
}

async function scan(context: CliContext, selection: Selection, { limit, detach }: ScanOptions): Promise<void> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const limitMs = limit ?? (await loadConfig(configPath)).settings.sizeScanLimitMs;
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    const { followRun } = await import('../runs/follow-run.js');
    const { sayStarted } = await import('../runs/say-started.js');
    const { readSizes } = await import('../read-sizes.js');
    const { printScan, printSizes, scanProgressView } = await import('../reports/sizes-report.js');
    const { startSizeScan } = await import('../runs/start-size-scan.js');
    const handle = await startSizeScan(connection, { configPath, selection, limitMs });
    const { workflowId } = handle;
    if (detach && !connection.ownWorker) return sayStarted(context, connection, workflowId);
    const result = await followRun<ScanSizesResult, ScanSizesProgress>(context, connection, handle, scanProgressView);
    if (result === 'detached') return;
    process.exitCode = exitCodeOfResult(result);
    // Asked for once more when there is something to show: the result of a large fleet does not hold it all.
    if (result.counts.measured > 0)
      printSizes(context, await readSizes(connection, { configPath, selection }), Date.now());
    printScan(context, result);
    context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: process.exitCode });
  } finally {
    await connection.stop();
  }
}

function limitOf(text: string): number {
  const limitMs = durationMs(text);
  if (limitMs !== undefined && limitMs >= 1_000 && limitMs <= 7 * 86_400_000) return limitMs;
  throw new InvalidArgumentError('Give a time from 1s to 7d, such as 10m.');
}
