import type { Command } from 'commander';
import type { PinBackupsWorkflowInput, PinBackupsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';

interface PinOptions {
  readonly host: string;
  readonly source: string;
  readonly reason?: string;
}

/** `holdfast backups pin` and `unpin`. */
export function registerPinCommands(backups: Command): void {
  const command = (name: string, description: string, pinned: boolean): Command =>
    backups
      .command(name)
      .description(description)
      .argument('<ids...>', 'ids of backups, as `holdfast backups` shows them')
      .requiredOption('-H, --host <name>', 'their host')
      .option('-s, --source <name>', 'their source (required)')
      .action(async (ids: string[], options: Omit<PinOptions, 'source'>, self: Command) => {
        await pin(contextOf(self), ids, { ...options, source: sourceOf(self) }, pinned);
      });
  command('pin', 'keep backups, and what they are built on, whatever the rules of retention say', true).option(
    '-r, --reason <text>',
    'why, for those who come later',
  );
  command('unpin', 'leave pinned backups to the rules of retention again', false);
}

/** `holdfast backups` itself has the option too, and takes it first, wherever it stands. */
function sourceOf(command: Command): string {
  const [source, ...others] = command.optsWithGlobals<{ readonly source: readonly string[] }>().source;
  if (source === undefined) command.error("error: required option '-s, --source <name>' not specified");
  if (others.length > 0) command.error('error: give one --source; ids are of one source');
  return source;
}

async function pin(
  context: CliContext,
  ids: readonly string[],
  { host, source, reason }: PinOptions,
  pinned: boolean,
): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const input: PinBackupsWorkflowInput = {
      configPath,
      host,
      source,
      ids,
      pinned,
      ...(reason === undefined ? {} : { reason }),
    };
    const { answerOf } = await import('../runs/answer-of.js');
    const { changed } = await answerOf<PinBackupsWorkflowResult>(connection, {
      type: WORKFLOW.pinBackups,
      idPrefix: 'pin',
      input,
    });
    const word = pinned ? 'pinned' : 'not pinned';
    for (const id of ids) context.print(`${id}: ${changed.includes(id) ? `now ${word}` : `was ${word} already`}`);
    context.printJson({ message_type: 'summary', host, source, ids, pinned, changed, exit_code: 0 });
  });
}
