import type { Command } from 'commander';
import { textOf } from '../../core/entries/entry.js';
import { EXIT } from '../../core/statuses.js';
import type { DifferingFile } from '../../activities/contract.js';
import type { DiffBackupsWorkflowInput, DiffBackupsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { accessOfOptions, identityOptions, type IdentityOptions } from '../read-access.js';
import { pointOfWord } from '../point-option.js';
import { sourceOfArgument } from '../source-argument.js';
import { withWorkers } from '../with-workers.js';

export function registerDiffCommand(program: Command): void {
  const examples =
    '  holdfast diff web1:etc 2026-11-19\n  holdfast diff web1:etc 20261119T020000Z-0 20261120T020000Z-1';
  addDiffCommand(program, 'say what differs between two backups of a source', examples);
}

/** `diff` of the program, and of `holdfast snapshots`, where it means the same. */
export function addDiffCommand(parent: Command, description: string, examples: string): void {
  const command = parent
    .command('diff')
    .description(description)
    .argument('<host[:source]>', 'the host that was backed up, and its source if it has several')
    .argument('<before>', 'a backup’s id, a snapshot’s name, or a time')
    .argument('[now]', 'another one', 'latest')
    .addHelpText('after', `\nExamples:\n${examples}`)
    .action(async (of: string, before: string, now: string, options: IdentityOptions, command: Command) => {
      const points = { before: pointOfWord(command, before), now: pointOfWord(command, now) };
      await diffBackups(contextOf(command), {
        ...sourceOfArgument(of),
        ...accessOfOptions(command, options),
        ...points,
      });
    });
  for (const option of identityOptions()) command.addOption(option);
}

async function diffBackups(context: CliContext, asked: Omit<DiffBackupsWorkflowInput, 'configPath'>): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { readPages } = await import('../read-pages.js');
    const workflow = { type: WORKFLOW.diffBackups, idPrefix: `diff/${asked.host}`, summary: `diff of ${asked.host}` };
    let first: DiffBackupsWorkflowResult | undefined;
    for await (const page of readPages<DiffBackupsWorkflowInput, string, DiffBackupsWorkflowResult>(
      connection,
      workflow,
      { ...asked, configPath },
    )) {
      if (first === undefined)
        for (const line of [`from ${page.before} to ${page.now}`, ...(page.notes ?? [])]) context.note(line);
      first ??= page;
      await printDifferences(context, page.files);
    }
    await printTotals(context, first);
  });
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

async function printDifferences(context: CliContext, files: readonly DifferingFile[]): Promise<void> {
  const { nameFields } = await import('../name-fields.js');
  for (const { path, change, differences, before, now } of files) {
    const places = { ...nameFields('path', path), change, differences, before: before ?? null, now: now ?? null };
    context.printJson({ message_type: 'difference', ...places });
    const slash = (now ?? before)?.type === 'd' ? '/' : '';
    const what = differences.length === 0 ? '' : `  (${differences.join(', ')})`;
    context.print(`${SIGNS[change]} /${textOf(path)}${path === '' ? '' : slash}${what}`);
  }
}

async function printTotals(context: CliContext, first: DiffBackupsWorkflowResult | undefined): Promise<void> {
  if (first?.totals === undefined) return;
  const { bytesText } = await import('../output.js');
  const { added, removed, changed, unchanged, bytesBefore, bytesNow } = first.totals;
  const counts = `${added} added, ${removed} removed, ${changed} changed, ${unchanged} the same`;
  context.print(`${counts}; ${bytesText(bytesBefore)} before, ${bytesText(bytesNow)} now`);
  const { before, now, totals } = first;
  context.printJson({ message_type: 'summary', before, now, ...totals, exit_code: EXIT.ok });
}
