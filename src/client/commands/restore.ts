import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { RestorePoint, RestoreRequest, RestoreTarget } from '../../activities/contract.js';
import { restoreWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import { parsePointTime } from '../../core/restore-point.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { RestoreInput, RestoreProgress, RestoreResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';

interface RestoreCommandOptions {
  readonly host: string;
  readonly source: string;
  readonly at?: string;
  readonly backup?: string;
  readonly include: readonly string[];
  readonly target?: string;
  readonly to?: string;
  readonly overwrite: 'never' | 'changed' | 'always';
  readonly delete: boolean;
  readonly dryRun: boolean;
  readonly unfinished: boolean;
}

export function registerRestoreCommand(program: Command): void {
  program
    .command('restore')
    .description('restore a source, or part of it, as it was at a point in time')
    .requiredOption('-H, --host <host>', 'the host that was backed up')
    .requiredOption('-s, --source <name>', 'the source (dest_subdir)')
    .addOption(new Option('--at <time>', 'the newest backup at or before this time (ISO 8601)').conflicts('backup'))
    .option('-b, --backup <id>', 'this backup; default: the latest')
    .addOption(
      new Option('-i, --include <pattern>', 'only what matches (rsync pattern); repeatable')
        .argParser(collect)
        .default([], ''),
    )
    .addOption(new Option('--target <directory>', 'into this directory of this machine').conflicts('to'))
    .option('--to <host[:path]>', 'onto a host; without a path, to where the source was')
    .addOption(
      new Option('--overwrite <when>', 'what happens to entries that exist')
        .choices(['never', 'changed', 'always'])
        .default('changed'),
    )
    .option('--delete', 'remove what the point does not have', false)
    .option('-n, --dry-run', 'say what would be done', false)
    .option('--unfinished', 'take a mirror that was left half synchronised', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast restore --host web1 --source etc --target /tmp/etc\n  holdfast restore --host web1 --source www --at 2026-11-20T18:00 --include /index.html --to web1',
    )
    .action(async (options: RestoreCommandOptions, command: Command) => {
      await restore(contextOf(command), command, options);
    });
}

async function restore(context: CliContext, command: Command, options: RestoreCommandOptions): Promise<void> {
  const { findConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const request: RestoreRequest = {
    configPath,
    host: options.host,
    source: options.source,
    point: pointOf(command, options),
    include: options.include,
    target: targetOf(command, options),
    overwrite: options.overwrite,
    delete: options.delete,
    dryRun: options.dryRun,
    unfinished: options.unfinished,
  };
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    // Loaded before the run starts, so that Ctrl-C is heard from its first moment.
    const { followRun } = await import('../follow-run.js');
    const { printRestoreResult, restoreProgressView } = await import('../restore-report.js');
    const stamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const workflowId = restoreWorkflowId(options.host, options.source, `${stamp}-${randomBytes(3).toString('hex')}`);
    const input: RestoreInput = { request };
    const handle = await connection.client.workflow.start(WORKFLOW.restore, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      staticSummary: `restore of ${options.host}:${options.source}`.slice(0, 200),
    });
    const result = await followRun<RestoreResult, RestoreProgress>(context, connection, handle, restoreProgressView);
    if (result === 'detached') return;
    const exitCode = exitCodeOfResult(result);
    printRestoreResult(context, result);
    context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
    process.exitCode = exitCode;
  } finally {
    await connection.stop();
  }
}

/** `--at` means this machine's time zone; the worker may live in another, so it gets UTC. */
function pointOf(command: Command, options: RestoreCommandOptions): RestorePoint {
  if (options.backup !== undefined && options.backup !== 'latest') return { backupId: options.backup };
  if (options.at === undefined) return { latest: true };
  const timeMs = parsePointTime(options.at);
  if (timeMs === undefined) {
    return command.error(`--at ${options.at}: write a time as 2026-11-20T18:00, 2026-11-20T18:00Z or 2026-11-20.`);
  }
  return { at: new Date(timeMs).toISOString() };
}

/** `--to HOST[:PATH]`: the first colon ends the host's name, which holds none. */
function targetOf(command: Command, options: RestoreCommandOptions): RestoreTarget {
  if (options.target !== undefined) return { kind: 'local', path: resolve(options.target), machine: hostname() };
  if (options.to === undefined)
    return command.error('Say where to: --target DIRECTORY (on this machine) or --to HOST[:PATH].');
  const colon = options.to.indexOf(':');
  if (colon === -1) return { kind: 'host', host: options.to };
  const path = options.to.slice(colon + 1);
  if (!path.startsWith('/'))
    return command.error(
      `--to ${options.to}: the path must be absolute, for instance ${options.to.slice(0, colon)}:/srv/restored.`,
    );
  return { kind: 'host', host: options.to.slice(0, colon), path };
}
