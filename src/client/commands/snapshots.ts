import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { snapshotsWorkflowId } from '../../core/ids.js';
import type { Selection } from '../../core/plan.js';
import { isSnapshotKind } from '../../core/snapshots/names.js';
import { MANUAL_KIND } from '../../core/snapshots/snapshots.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { RotateSnapshotsInput, RotateSnapshotsResult, SourcesProgress } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { collect } from '../command-arguments.js';
import { selectionOfArguments } from '../mirrors-argument.js';
import type { SnapshotsShown } from '../snapshots-look.js';
import { addDiffCommand } from './diff.js';
import { addSnapshotRestoreCommand } from './restore.js';
import { addSnapshotPinCommands } from './snapshots-pin.js';

/** `holdfast snapshots`: the snapshots of mirrors, for people. */
export function registerSnapshotsCommands(program: Command): void {
  const snapshots = program.command('snapshots').description('see, make and remove the snapshots of mirrors');
  addListCommand(snapshots);
  addCreateCommand(snapshots);
  addPruneCommand(snapshots);
  addSnapshotPinCommands(snapshots);
  addDiffCommand(
    snapshots,
    'say what differs between two snapshots, or between a snapshot and the mirror',
    '  holdfast snapshots diff web1:etc 20261119T020000Z-daily\n  holdfast snapshots diff web1:etc 20261119T020000Z-daily 20261120T020000Z-daily',
  );
  addSnapshotRestoreCommand(snapshots);
}

const MIRRORS = 'hosts, or mirrors as HOST:SOURCE; none means all';

function addListCommand(snapshots: Command): void {
  snapshots
    .command('list')
    .description('list the snapshots that there are, newest first')
    .argument('[mirrors...]', MIRRORS)
    .action(async (mirrors: string[], _options: object, command: Command) => {
      await look(contextOf(command), selectionOfArguments(command, mirrors), { list: true });
    });
}

function addCreateCommand(snapshots: Command): void {
  snapshots
    .command('create')
    .description('make snapshots of the last backup of mirrors')
    .argument('<mirrors...>', 'hosts, or mirrors as HOST:SOURCE')
    .addOption(
      new Option(
        '-k, --kind <kind>',
        `of this kind, due or not; repeatable; default: ${MANUAL_KIND}, which stays until you remove it`,
      )
        .argParser(collectKind)
        .default([], ''),
    )
    .addOption(new Option('--due', 'what the rules of the configuration say is due').conflicts('kind').default(false))
    .option('-n, --dry-run', 'say what would be made', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast snapshots create web1:etc\n  holdfast snapshots create web1 web2 --due --dry-run',
    )
    .action(async (mirrors: string[], options: CreateOptions, command: Command) => {
      const selection = selectionOfArguments(command, mirrors);
      const kinds = options.kind.length === 0 ? [MANUAL_KIND] : [...new Set(options.kind)];
      const make = options.due ? 'due' : kinds;
      if (options.dryRun) return look(contextOf(command), selection, { make });
      await rotate(contextOf(command), { selection, make, remove: 'none' }, 'Making snapshots');
    });
}

interface CreateOptions {
  readonly kind: readonly string[];
  readonly due: boolean;
  readonly dryRun: boolean;
}

function addPruneCommand(snapshots: Command): void {
  snapshots
    .command('prune')
    .description('remove the snapshots that no rule keeps, or those that are named')
    .argument('[mirrors...]', MIRRORS)
    .addOption(
      new Option('--name <snapshot>', 'this one of one mirror, rule or not; repeatable')
        .argParser(collect)
        .default([], ''),
    )
    .option('-n, --dry-run', 'show each snapshot with what keeps it or why it goes; nothing is changed', false)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast snapshots prune --dry-run\n  holdfast snapshots prune web1:etc --name 20261120T020000Z-manual',
    )
    .action(async (mirrors: string[], options: PruneOptions, command: Command) => {
      const selection = selectionOfArguments(command, mirrors);
      const names = [...new Set(options.name)];
      if (names.length > 0 && selection.sources.length !== 1)
        command.error('Name the mirror of the snapshots: HOST:SOURCE.');
      if (options.dryRun) return look(contextOf(command), selection, { remove: names });
      const remove = names.length === 0 ? 'surplus' : names;
      await rotate(contextOf(command), { selection, make: [], remove }, 'Removing snapshots');
    });
}

interface PruneOptions {
  readonly name: readonly string[];
  readonly dryRun: boolean;
}

function collectKind(kind: string, previous: readonly string[]): readonly string[] {
  if (isSnapshotKind(kind)) return collect(kind, previous);
  throw new InvalidArgumentError('A kind is a word of small letters, digits and hyphens, for instance daily.');
}

async function look(context: CliContext, selection: Selection, shown: SnapshotsShown): Promise<void> {
  const { lookAtSnapshots } = await import('../snapshots-look.js');
  await lookAtSnapshots(context, selection, shown);
}

type Rotation = Omit<RotateSnapshotsInput, 'configPath' | 'carried'>;

async function rotate(context: CliContext, input: Rotation, title: string): Promise<void> {
  const { runOnSources } = await import('../runs/run-on-sources.js');
  const { printRotation, rotationProgressView } = await import('../reports/snapshots-report.js');
  await runOnSources<RotateSnapshotsResult, SourcesProgress>(context, {
    type: WORKFLOW.rotateSnapshots,
    workflowId: snapshotsWorkflowId,
    input,
    summary: `${title.toLowerCase()}: ${input.selection.hosts.slice(0, 5).join(', ') || 'all hosts'}`,
    view: rotationProgressView(title),
    print: printRotation,
    exitCode: exitCodeOfResult,
  });
}
