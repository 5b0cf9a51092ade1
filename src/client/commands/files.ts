import { Option } from 'commander';
import type { Command } from 'commander';
import { relativePathOf } from '../../core/browse/directory-listing.js';
import { byteStringOfText } from '../../core/entries/entry.js';
import { EXIT } from '../../core/statuses.js';
import type { ListedFile } from '../../activities/contract.js';
import type { ListFilesWorkflowInput, ListFilesWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { accessOfOptions, identityOptions, type IdentityOptions } from '../read-access.js';
import { pointOf, type PointOptions, snapshotOption } from '../point-option.js';
import { sourceOfArgument } from '../source-argument.js';
import { withWorkers } from '../with-workers.js';

interface FilesCommandOptions extends PointOptions, IdentityOptions {
  readonly recursive: boolean;
  readonly long: boolean;
}

export function registerFilesCommand(program: Command): void {
  const command = program
    .command('files')
    .description('list what a backup holds, like ls')
    .argument('<host[:source]>', 'the host that was backed up, and its source if it has several')
    .argument('[path]', 'a directory or file, from the source on', '')
    .addOption(new Option('--at <time>', 'the newest backup at or before this time (ISO 8601)').conflicts('backup'))
    .option('-b, --backup <id>', 'this backup; default: the latest')
    .addOption(snapshotOption())
    .option('-R, --recursive', 'all that lies below, not only the first level', false)
    .option('-l, --long', 'with mode, owner, size and time', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast files web1:etc /nginx --long\n  holdfast files web1:etc --at 2026-11-20 -R',
    )
    .action(async (of: string, path: string, options: FilesCommandOptions, command: Command) => {
      const { recursive } = options;
      const point = pointOf(command, options);
      const input = { ...sourceOfArgument(of), ...accessOfOptions(command, options), point, path, recursive };
      await listFiles(contextOf(command), input, options.long);
    });
  for (const option of identityOptions()) command.addOption(option);
}

async function listFiles(
  context: CliContext,
  asked: Omit<ListFilesWorkflowInput, 'configPath'>,
  long: boolean,
): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { readPages } = await import('../read-pages.js');
    const path = byteStringOfText(relativePathOf(asked.path));
    const workflow = {
      type: WORKFLOW.listFiles,
      idPrefix: `files/${asked.host}`,
      summary: `files of ${asked.host}${asked.source === undefined ? '' : `:${asked.source}`}`,
    };
    let backupId = '';
    let entries = 0;
    for await (const page of readPages<ListFilesWorkflowInput, string, ListFilesWorkflowResult>(connection, workflow, {
      ...asked,
      configPath,
      path,
    })) {
      // Pages of one listing must be of one backup, also when a newer one is committed meanwhile.
      if (backupId !== '' && page.backupId !== backupId) throw await moved(backupId);
      if (backupId === '') for (const note of [`backup ${page.backupId}`, ...page.notes]) context.note(note);
      backupId = page.backupId;
      entries += page.files.length;
      await printFiles(context, page, path, long);
    }
    context.printJson({ message_type: 'summary', backup_id: backupId, entries, exit_code: EXIT.ok });
  });
}

async function moved(backupId: string): Promise<Error> {
  const { HoldfastError } = await import('../../core/failures.js');
  const message = `A newer backup than ${backupId} was made while its files were listed; name it with --backup ${backupId}.`;
  return new HoldfastError('ChainMoved', message);
}

async function printFiles(
  context: CliContext,
  page: ListFilesWorkflowResult,
  directory: string,
  long: boolean,
): Promise<void> {
  const { flawText, listedName, modeText, timeText } = await import('../file-text.js');
  const { nameFields } = await import('../name-fields.js');
  const { table } = await import('../output.js');
  const shown = (file: ListedFile): string => {
    const from = directory !== '' && file.path.startsWith(`${directory}/`) ? directory.length + 1 : 0;
    const flaw = flawText(file);
    return `${listedName({ ...file, path: file.path.slice(from) })}${flaw === '' ? '' : `  (${flaw})`}`;
  };
  for (const { path, target, ...file } of page.files) {
    const names = { ...nameFields('path', path), ...(target === undefined ? {} : nameFields('target', target)) };
    context.printJson({ message_type: 'file', ...names, ...file });
  }
  if (page.files.length === 0) return;
  if (!long) return context.print(page.files.map(shown).join('\n'));
  const rows = page.files.map((file) => [
    modeText(file),
    `${file.uid}:${file.gid}`,
    String(file.sizeBytes),
    timeText(file.mtime),
    shown(file),
  ]);
  context.print(table(['MODE', 'OWNER', 'SIZE', 'CHANGED', 'NAME'], rows));
}
