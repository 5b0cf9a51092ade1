import { Option } from 'commander';
import type { Command } from 'commander';
import { parseSnapshotName } from '../../core/snapshots/names.js';
import { EXIT } from '../../core/statuses.js';
import type { ListBackupsWorkflowInput, ListBackupsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { registerPinCommands } from './pin.js';
import { collect, limitOf } from '../command-arguments.js';
import { contextOf, failureLines } from '../cli-context.js';
import { proofLine } from '../reports/proof-line.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';

interface BackupsCommandOptions {
  readonly source: readonly string[];
  readonly limit: number;
  readonly offline: boolean;
}

export function registerBackupsCommand(program: Command): void {
  const backups = program
    .command('backups')
    .description('list the backups that can be restored, newest first')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .addOption(new Option('-l, --limit <count>', 'at most so many of each source').argParser(limitOf).default(20))
    .option('--offline', 'as the catalog knows them; no destination is asked', false)
    .action(async (hosts: string[], options: BackupsCommandOptions, command: Command) => {
      await listBackups(contextOf(command), hosts, options);
    });
  registerPinCommands(backups);
}

async function listBackups(
  context: CliContext,
  hosts: readonly string[],
  options: BackupsCommandOptions,
): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const input: ListBackupsWorkflowInput = {
      configPath,
      selection: { hosts, sources: options.source, tags: [] },
      limit: options.limit,
      ...(options.offline ? { offline: true } : {}),
    };
    const { answerOf } = await import('../runs/answer-of.js');
    const result = await answerOf<ListBackupsWorkflowResult>(connection, {
      type: WORKFLOW.listBackups,
      idPrefix: 'backups',
      input,
    });
    const { bytesText, statusWord, table } = await import('../output.js');
    if (result.backups.length === 0) context.note('No backups yet.');
    else {
      context.print(
        table(
          [
            'HOST',
            'SOURCE',
            'BACKUP',
            'ENGINE',
            'LEVEL',
            'STATUS',
            'ENTRIES',
            'SIZE',
            'STORED',
            'DESTINATION',
            ...(result.backups.some((backup) => remarkOf(backup) !== '') ? ['REMARK'] : []),
          ],
          result.backups.map((backup) => [
            backup.host,
            backup.source,
            backup.id,
            backup.engine,
            String(backup.level),
            statusWord(backup.status),
            backup.entries.toLocaleString('en'),
            bytesText(backup.sourceBytes),
            bytesText(backup.storedBytes),
            backup.destination,
            remarkOf(backup),
          ]),
        ),
      );
    }
    for (const proof of result.lastProvenRestore ?? []) context.print(proofLine(proof));
    for (const { host, source, knownAt } of result.known ?? []) {
      context.note(
        `${host}:${source}: ${knownAt === null ? 'the catalog knows nothing of it' : `read whole at ${knownAt}, later backups of this worker added`}`,
      );
    }
    for (const failure of result.failures) for (const line of failureLines(failure)) context.note(line);
    const exitCode = result.failures.length > 0 ? EXIT.failed : EXIT.ok;
    context.printJson({ message_type: 'summary', ...result, exit_code: exitCode });
    process.exitCode = exitCode;
  });
}

function remarkOf({
  pinned,
  pendingDeletion,
  damage,
  snapshots = [],
}: ListBackupsWorkflowResult['backups'][number]): string {
  const kinds = snapshots.map((name) => parseSnapshotName(name)?.kind ?? name);
  const remarks = [
    ...(kinds.length === 0 ? [] : [`snapshot${kinds.length === 1 ? '' : 's'}: ${kinds.join(', ')}`]),
    ...(damage === undefined
      ? []
      : [`damaged: ${damage.files === 0 ? 'as a whole' : `${damage.files} files`}; see \`holdfast verify\``]),
    ...(pinned === undefined ? [] : [`pinned${pinned.reason === undefined ? '' : `: ${pinned.reason}`}`]),
    ...(pendingDeletion === undefined ? [] : [`pending deletion since ${pendingDeletion.since.slice(0, 10)}`]),
  ];
  return remarks.join('; ');
}
