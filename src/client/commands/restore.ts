import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { RestoreRequest, RestoreTarget } from '../../activities/contract.js';
import { singleFileOf } from '../../core/restore/single-file.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { RestoreProgress, RestoreResult } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { type IdentityOptions, identityOf, identityOptions } from '../identity-option.js';
import type { TemporalConnection } from '../connection.js';
import { pointOf, snapshotOption } from '../point-option.js';
import { sourceOfArgument } from '../source-argument.js';

interface RestoreCommandOptions extends IdentityOptions {
  readonly host: string;
  readonly source: string;
  readonly at?: string;
  readonly backup?: string;
  readonly snapshot?: string;
  readonly include: readonly string[];
  readonly target?: string;
  readonly to?: string;
  readonly stdout: boolean;
  readonly overwrite: 'never' | 'changed' | 'always';
  readonly delete: boolean;
  readonly dryRun: boolean;
  readonly unfinished: boolean;
  readonly acceptUntrusted: boolean;
}

export function registerRestoreCommand(program: Command): void {
  const command = program
    .command('restore')
    .description('restore a source, or part of it, as it was at a point in time')
    .requiredOption('-H, --host <host>', 'the host that was backed up')
    .requiredOption('-s, --source <name>', 'the source (dest_subdir)')
    .addOption(new Option('--at <time>', 'the newest backup at or before this time (ISO 8601)').conflicts('backup'))
    .option('-b, --backup <id>', 'this backup; default: the latest')
    .addOption(snapshotOption());
  addRestoreOptions(command)
    .option('--unfinished', 'take a mirror that was left half synchronised', false)
    .option('--accept-untrusted', 'believe manifests that no trusted key has signed', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast restore --host web1 --source etc --target /tmp/etc\n  holdfast restore --host web1 --source www --at 2026-11-20T18:00 --include /index.html --to web1\n  holdfast restore --host web1 --source etc --include /hosts --stdout | diff - /etc/hosts',
    )
    .action(async (options: RestoreCommandOptions, command: Command) => {
      await restore(contextOf(command), command, options);
    });
  for (const option of identityOptions()) command.addOption(option);
}

/** What every restore can be told, whatever it restores. */
function addRestoreOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-i, --include <pattern>', 'only what matches (rsync pattern); repeatable')
        .argParser(collect)
        .default([], ''),
    )
    .addOption(new Option('--target <directory>', 'into this directory of this machine').conflicts('to'))
    .option('--to <host[:path]>', 'onto a host; without a path, to where the source was')
    .addOption(
      new Option('--stdout', 'as a tar, or the bytes of the one file that --include /PATH names, to standard output')
        .default(false)
        .conflicts(['target', 'to', 'delete', 'dryRun']),
    )
    .addOption(
      new Option('--overwrite <when>', 'what happens to entries that exist')
        .choices(['never', 'changed', 'always'])
        .default('changed'),
    )
    .option('--delete', 'remove what the point does not have', false)
    .option('-n, --dry-run', 'say what would be done', false);
}

/** `holdfast snapshots restore`: the same restore, of a snapshot that is named. */
export function addSnapshotRestoreCommand(parent: Command): void {
  const command = parent
    .command('restore')
    .description('restore a snapshot of a mirror, or part of it')
    .argument('<host:source>', 'the mirror: its host and its source')
    .argument('<name>', 'the snapshot');
  addRestoreOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast snapshots restore web1:etc 20261120T020000Z-daily --target /tmp/etc\n  holdfast snapshots restore web1:www 20261120T020000Z-daily --include /index.html --to web1',
    )
    .action(async (of: string, snapshot: string, options: RestoreCommandOptions, own: Command) => {
      const { host, source } = sourceOfArgument(of);
      if (source === undefined) return own.error(`Name the source too: ${host}:SOURCE (see holdfast hosts).`);
      const given = { ...options, unfinished: false, acceptUntrusted: false };
      await restore(contextOf(own), own, { ...given, host, source, snapshot });
    });
}

async function restore(context: CliContext, command: Command, options: RestoreCommandOptions): Promise<void> {
  if (options.stdout && context.json) command.error('--stdout and --json both want standard output; take one.');
  const { findConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const identity = identityOf(command, options);
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
    ...(identity === undefined ? {} : { identity }),
    ...(options.acceptUntrusted ? { acceptUntrusted: true } : {}),
  };
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    if (options.stdout) return await toStdout(context, connection, request);
    // Loaded before the run starts, so that Ctrl-C is heard from its first moment.
    const { followRun } = await import('../runs/follow-run.js');
    const { printRestoreResult, restoreProgressView } = await import('../reports/restore-report.js');
    const { startRestore } = await import('../start-restore.js');
    const handle = await startRestore(connection, { request });
    const { workflowId } = handle;
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

async function toStdout(context: CliContext, connection: TemporalConnection, request: RestoreRequest): Promise<void> {
  const { receiveForOutput } = await import('../stdout-receiver.js');
  const { followToStdout } = await import('../restore-to-stdout.js');
  const { sayStarted } = await import('../runs/say-started.js');
  const { startRestore } = await import('../start-restore.js');
  // A reader that leaves cancels the restore; elsewhere it ends the command at once.
  process.stdout.removeAllListeners('error');
  const receiver = await receiveForOutput(process.stdout);
  try {
    const file = singleFileOf(request.include);
    const stdout = { machine: hostname(), socket: receiver.socket, ...(file === undefined ? {} : { file }) };
    const handle = await startRestore(connection, { request, stdout });
    sayStarted(context, connection, handle.workflowId);
    process.exitCode = await followToStdout(context, connection, handle, receiver);
  } finally {
    await receiver.close();
  }
}

/** `--to HOST[:PATH]`: the first colon ends the host's name, which holds none. */
function targetOf(command: Command, options: RestoreCommandOptions): RestoreTarget {
  // The worker chooses a directory of its own.
  if (options.stdout) return { kind: 'local', path: '/', machine: hostname() };
  if (options.target !== undefined) return { kind: 'local', path: resolve(options.target), machine: hostname() };
  if (options.to === undefined)
    return command.error('Say where to: --target DIRECTORY (on this machine), --to HOST[:PATH], or --stdout.');
  const colon = options.to.indexOf(':');
  if (colon === -1) return { kind: 'host', host: options.to };
  const path = options.to.slice(colon + 1);
  if (!path.startsWith('/'))
    return command.error(
      `--to ${options.to}: the path must be absolute, for instance ${options.to.slice(0, colon)}:/srv/restored.`,
    );
  return { kind: 'host', host: options.to.slice(0, colon), path };
}
