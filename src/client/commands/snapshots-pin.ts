import type { Command } from 'commander';
import { EXIT } from '../../core/statuses.js';
import type { PinSnapshotsWorkflowInput, PinSnapshotsWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { sourceOfArgument } from '../source-argument.js';
import { withWorkers } from '../with-workers.js';

interface PinOptions {
  readonly reason?: string;
  readonly dryRun: boolean;
}

/** `holdfast snapshots pin` and `unpin`. */
export function addSnapshotPinCommands(snapshots: Command): void {
  const command = (name: string, description: string, pinned: boolean): Command =>
    snapshots
      .command(name)
      .description(description)
      .argument('<host:source>', 'the mirror: its host and its source')
      .argument('<names...>', 'its snapshots, as `holdfast snapshots list` shows them')
      .option('-n, --dry-run', 'say what would be changed', false)
      .action(async (of: string, names: string[], options: PinOptions, own: Command) => {
        const { host, source } = sourceOfArgument(of);
        if (source === undefined) return own.error(`Name the source too: ${host}:SOURCE (see holdfast hosts).`);
        const { reason, dryRun } = options;
        await pin(contextOf(own), { host, source, names, pinned, dryRun, ...(reason === undefined ? {} : { reason }) });
      });
  command('pin', 'keep snapshots whatever the rules say', true).option(
    '-r, --reason <text>',
    'why, for those who come later',
  );
  command('unpin', 'leave pinned snapshots to the rules again', false);
}

async function pin(context: CliContext, asked: Omit<PinSnapshotsWorkflowInput, 'configPath'>): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const input: PinSnapshotsWorkflowInput = { configPath, ...asked };
    const { answerOf } = await import('../runs/answer-of.js');
    const { changed } = await answerOf<PinSnapshotsWorkflowResult>(connection, {
      type: WORKFLOW.pinSnapshots,
      idPrefix: 'pin',
      input,
    });
    const { host, source, names, pinned, dryRun } = asked;
    const word = pinned ? 'pinned' : 'not pinned';
    for (const name of names) {
      const news = dryRun ? `would be ${word}` : `now ${word}`;
      context.print(`${name}: ${changed.includes(name) ? news : `was ${word} already`}`);
    }
    const summary = { host, source, names, pinned, dry_run: dryRun, changed };
    context.printJson({ message_type: 'summary', ...summary, exit_code: EXIT.ok });
  });
}
