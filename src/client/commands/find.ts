import { Option } from 'commander';
import type { Command } from 'commander';
import { textOf } from '../../core/entries/entry.js';
import { EXIT } from '../../core/statuses.js';
import type { FindPosition } from '../../activities/contract.js';
import type { FindFilesWorkflowInput, FindFilesWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { collect } from '../command-arguments.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { accessOfOptions, identityOptions, type IdentityOptions } from '../read-access.js';
import { withWorkers } from '../with-workers.js';

interface FindCommandOptions extends IdentityOptions {
  readonly source: readonly string[];
}

export function registerFindCommand(program: Command): void {
  const command = program
    .command('find')
    .description('find the versions of files in all backups of all hosts')
    .argument('<pattern>', 'a name or an rsync pattern, for instance letter.txt, "*.conf" or /nginx/nginx.conf')
    .argument('[hosts...]', 'hosts to search; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .addHelpText('after', '\nExamples:\n  holdfast find letter.txt\n  holdfast find "/nginx/*.conf" web1 --source etc')
    .action(async (pattern: string, hosts: string[], options: FindCommandOptions, command: Command) => {
      const selection = { hosts, sources: options.source, tags: [] };
      await findFiles(contextOf(command), { pattern, selection, ...accessOfOptions(command, options) });
    });
  for (const option of identityOptions()) command.addOption(option);
}

async function findFiles(context: CliContext, asked: Omit<FindFilesWorkflowInput, 'configPath'>): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { readPages } = await import('../read-pages.js');
    const workflow = { type: WORKFLOW.findFiles, idPrefix: 'find', summary: `find ${asked.pattern}` };
    let versions = 0;
    let failed = false;
    for await (const page of readPages<FindFilesWorkflowInput, FindPosition, FindFilesWorkflowResult>(
      connection,
      workflow,
      { ...asked, configPath },
    )) {
      versions += page.versions.length;
      await printVersions(context, page);
      for (const failure of page.failures) {
        failed = true;
        context.printJson({ message_type: 'failure', ...failure });
        for (const line of failureLines(failure)) context.note(line);
      }
    }
    if (versions === 0) context.note(`No backup has ${asked.pattern}.`);
    process.exitCode = failed ? EXIT.failed : EXIT.ok;
    context.printJson({ message_type: 'summary', versions, exit_code: process.exitCode });
  });
}

async function printVersions(context: CliContext, { versions }: FindFilesWorkflowResult): Promise<void> {
  const { flawText, timeText } = await import('../file-text.js');
  const { nameFields } = await import('../name-fields.js');
  const { table } = await import('../output.js');
  for (const { path, ...version } of versions) {
    context.printJson({ message_type: 'version', ...version, ...nameFields('path', path) });
  }
  if (versions.length === 0) return;
  const rows = versions.map(({ host, source, path, backupId, change, attributes, flaw }) => [
    `${host}:${source}`,
    backupId,
    flaw === undefined ? change : `${change}, ${flawText({ flaw })}`,
    attributes === undefined ? '' : String(attributes.sizeBytes),
    attributes === undefined ? '' : timeText(attributes.mtime),
    `/${textOf(path)}`,
  ]);
  context.print(table(['SOURCE', 'BACKUP', 'CHANGE', 'SIZE', 'CHANGED', 'FILE'], rows));
}
