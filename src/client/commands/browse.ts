import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, exitCodeOfResult } from '../../core/statuses.js';
import type { RestoreRequest } from '../../activities/contract.js';
import type { RestoreProgress, RestoreResult } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { accessOfOptions, identityOptions, type IdentityOptions } from '../read-access.js';
import { pointOf, type PointOptions, snapshotOption } from '../point-option.js';
import { sourceOfArgument } from '../source-argument.js';
import { type AtWorkers, withWorkers } from '../with-workers.js';

interface BrowseCommandOptions extends PointOptions, IdentityOptions {}

export function registerBrowseCommand(program: Command): void {
  const browse = program
    .command('browse')
    .description('walk through a backup in the terminal, mark files, restore them')
    .argument('<host:source>', 'the host that was backed up, and its source')
    .option('--at <time>', 'the newest backup at or before this time; without it and --backup you choose')
    .option('-b, --backup <id>', 'this backup')
    .addOption(snapshotOption())
    .action(async (of: string, options: BrowseCommandOptions, command: Command) => {
      const { host, source } = sourceOfArgument(of);
      if (source === undefined) return command.error(`Name the source too: ${host}:SOURCE (see holdfast hosts).`);
      if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
        command.error('browse needs a terminal; elsewhere use holdfast files, find and restore.');
      }
      const isNamed = [options.at, options.backup, options.snapshot].some((word) => word !== undefined);
      const point = isNamed ? pointOf(command, options) : undefined;
      await start(contextOf(command), { host, source, point, access: accessOfOptions(command, options) });
    });
  for (const option of identityOptions()) browse.addOption(option);
}

interface Asked {
  readonly host: string;
  readonly source: string;
  readonly point: RestoreRequest['point'] | undefined;
  readonly access: ReturnType<typeof accessOfOptions>;
}

async function start(context: CliContext, asked: Asked): Promise<void> {
  try {
    await withWorkers(context, (at) => choose(context, at, asked));
  } catch (error) {
    // Ctrl-C at a question: nothing was begun.
    if (!(error instanceof Error && error.name === 'ExitPromptError')) throw error;
    process.exitCode = EXIT.interrupted;
  }
}

async function choose(
  context: CliContext,
  { configPath, connection }: AtWorkers,
  { host, source, point, access }: Asked,
): Promise<void> {
  const { choosePoint } = await import('../browse/choose-point.js');
  const { markFiles } = await import('../browse/mark-files.js');
  const from = { configPath, host, source, ...access };
  const chosen = point ?? (await choosePoint(connection, from));
  if (chosen === undefined) return context.note(`${host}:${source} has no backups yet.`);
  const marked = await markFiles(connection, { ...from, point: chosen });
  if (marked === undefined) return;
  const target = { kind: 'local', path: resolve(marked.target), machine: hostname() } as const;
  const request: RestoreRequest = {
    ...from,
    point: { backupId: marked.backupId },
    include: marked.include,
    target,
    overwrite: 'changed',
    delete: false,
    dryRun: false,
    unfinished: false,
  };
  await restore(context, connection, request);
}

async function restore(context: CliContext, connection: TemporalConnection, request: RestoreRequest): Promise<void> {
  const { followRun } = await import('../runs/follow-run.js');
  const { printRestoreResult, restoreProgressView } = await import('../reports/restore-report.js');
  const { startRestore } = await import('../start-restore.js');
  const handle = await startRestore(connection, { request });
  const result = await followRun<RestoreResult, RestoreProgress>(context, connection, handle, restoreProgressView);
  if (result === 'detached') return;
  printRestoreResult(context, result);
  process.exitCode = exitCodeOfResult(result);
}
