import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { drillWorkflowId } from '../../core/ids.js';
import { EXIT, exitCodeOfResult } from '../../core/statuses.js';
import type {
  ListBackupsWorkflowInput,
  ListBackupsWorkflowResult,
  RestoreDrillInput,
  RestoreDrillResult,
  SourcesProgress,
} from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { contextOf, failureLines } from '../cli-context.js';
import { collect } from '../command-arguments.js';
import { type IdentityOptions, identityOf, identityOptions } from '../identity-option.js';
import { pointOf, type PointOptions } from '../point-option.js';
import { proofLine } from '../reports/proof-line.js';
import { withWorkers } from '../with-workers.js';

interface DrillCommandOptions extends IdentityOptions, PointOptions {
  readonly source: readonly string[];
  readonly tag: readonly string[];
  readonly sample: number;
  readonly all: boolean;
  readonly seed?: number;
  readonly scratch?: string;
  readonly list: boolean;
}

/** A sample has at most so many bytes, however many files it may have. */
const SAMPLE_BYTES = 1024 ** 3;

export function registerDrillCommand(program: Command): void {
  const command = program
    .command('drill')
    .description('prove that backups can be restored: restore a sample into scratch and compare it')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .addOption(
      new Option('-t, --tag <tag>', 'only sources with this tag; repeatable').argParser(collect).default([], ''),
    )
    .addOption(
      new Option('-n, --sample <files>', 'so many files of each source, at most 1 GiB together')
        .argParser(filesOf)
        .default(100),
    )
    .addOption(new Option('-a, --all', 'everything, whatever room it takes').conflicts('sample').default(false))
    .addOption(new Option('--at <time>', 'the newest backup at or before this time (ISO 8601)').conflicts('backup'))
    .option('-b, --backup <id>', 'this backup; default: the latest')
    .addOption(new Option('--seed <number>', 'draw the sample of an earlier drill again').argParser(seedOf))
    .option('--scratch <directory>', 'where on the worker to restore to; default: its state directory')
    .option('-l, --list', 'when each source’s restore was last proven', false);
  for (const option of identityOptions()) command.addOption(option);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast drill\n  holdfast drill web1 --source etc --all\n  holdfast drill --list',
    )
    .action(async (hosts: string[], options: DrillCommandOptions, own: Command) => {
      await (options.list ? listProofs(contextOf(own), hosts, options) : drill(own, hosts, options));
    });
}

function filesOf(text: string): number {
  const files = Number(text);
  if (Number.isInteger(files) && files >= 1 && files <= 100_000) return files;
  throw new InvalidArgumentError('Give a number of files from 1 to 100000.');
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new InvalidArgumentError('Give a whole number below 4294967296.');
}

async function drill(command: Command, hosts: readonly string[], options: DrillCommandOptions): Promise<void> {
  const identity = identityOf(command, options);
  const input: Omit<RestoreDrillInput, 'configPath'> = {
    selection: { hosts, sources: options.source, tags: options.tag },
    point: pointOf(command, options),
    sample: options.all ? 'all' : { files: options.sample, bytes: SAMPLE_BYTES },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.scratch === undefined ? {} : { scratchIn: resolve(options.scratch) }),
    ...(identity === undefined ? {} : { identity }),
  };
  const { runOnSources } = await import('../runs/run-on-sources.js');
  const { drillProgressView, printDrill } = await import('../reports/verify-report.js');
  await runOnSources<RestoreDrillResult, SourcesProgress>(contextOf(command), {
    type: WORKFLOW.restoreDrill,
    workflowId: drillWorkflowId,
    input,
    summary: `restore drill of ${hosts.length === 0 ? 'all hosts' : hosts.slice(0, 5).join(', ')}`,
    view: drillProgressView,
    print: printDrill,
    exitCode: exitCodeOfResult,
  });
}

/** Read from the destinations: the newest backup of each source, and with it the newest proof. */
async function listProofs(context: CliContext, hosts: readonly string[], options: DrillCommandOptions): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const input: ListBackupsWorkflowInput = {
      configPath,
      selection: { hosts, sources: options.source, tags: options.tag },
      limit: 1,
    };
    const { answerOf } = await import('../runs/answer-of.js');
    const found = await answerOf<ListBackupsWorkflowResult>(connection, {
      type: WORKFLOW.listBackups,
      idPrefix: 'backups',
      input,
    });
    const proofs = found.lastProvenRestore ?? [];
    for (const proof of proofs) context.print(proofLine(proof));
    const unproven = found.backups.filter(
      ({ host, source }) => !proofs.some((proof) => proof.host === host && proof.source === source),
    );
    for (const { host, source } of unproven)
      context.print(`${host}:${source}: never proven; run \`holdfast drill ${host}\``);
    for (const failure of found.failures) for (const line of failureLines(failure)) context.note(line);
    const exitCode = found.failures.length > 0 ? EXIT.failed : EXIT.ok;
    context.printJson({ message_type: 'summary', proofs, failures: found.failures, exit_code: exitCode });
    process.exitCode = exitCode;
  });
}
