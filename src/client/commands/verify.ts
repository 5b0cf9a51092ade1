import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { VerifyWhich } from '../../activities/contract.js';
import { verifyWorkflowId } from '../../core/ids.js';
import { exitCodeOfResult } from '../../core/statuses.js';
import type { SourcesProgress, VerifyBackupsInput, VerifyBackupsResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import { collect } from '../command-arguments.js';
import { type IdentityOptions, identityOf, identityOptions } from '../identity-option.js';

interface VerifyCommandOptions extends IdentityOptions {
  readonly source: readonly string[];
  readonly tag: readonly string[];
  readonly backup?: string;
  readonly all: boolean;
  readonly readData?: number | true;
  readonly compare?: number | true;
}

/** Files compared by content where nobody says how many. */
const COMPARED_FILES = 100;
const PARALLEL_SOURCES = 2;

export function registerVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('find out whether backups are whole: structure, content, or against the live hosts')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(new Option('-s, --source <name>', 'only this source; repeatable').argParser(collect).default([], ''))
    .addOption(
      new Option('-t, --tag <tag>', 'only sources with this tag; repeatable').argParser(collect).default([], ''),
    )
    .addOption(new Option('-b, --backup <id>', 'this backup and its chain; default: the latest').conflicts('all'))
    .option('-a, --all', 'every backup', false)
    .addOption(
      new Option(
        '--read-data [percent]',
        'read content back: all of it, or a share that moves on with each run',
      ).argParser(percentOf),
    )
    .addOption(
      new Option(
        '--compare [files]',
        'compare with the live host; so many files by content (default 100, or "all")',
      ).argParser(filesOf),
    );
  for (const option of identityOptions()) command.addOption(option);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast verify\n  holdfast verify web1 --all --read-data\n  holdfast verify --read-data 10 --compare',
    )
    .action(async (hosts: string[], options: VerifyCommandOptions, own: Command) => {
      await verify(own, hosts, options);
    });
}

function percentOf(text: string): number {
  const percent = Number(text.replace(/%$/, ''));
  if (percent > 0 && percent <= 100) return percent;
  throw new InvalidArgumentError('Give a share from 1 to 100.');
}

function filesOf(text: string): number {
  if (text === 'all') return 0;
  const files = Number(text);
  if (Number.isInteger(files) && files >= 1 && files <= 10_000) return files;
  throw new InvalidArgumentError('Give a number of files from 1 to 10000, or "all".');
}

async function verify(command: Command, hosts: readonly string[], options: VerifyCommandOptions): Promise<void> {
  const identity = identityOf(command, options);
  const asked: Omit<VerifyBackupsInput, 'configPath'> = {
    selection: { hosts, sources: options.source, tags: options.tag },
    which: whichOf(options),
    readPercent: options.readData === undefined ? 0 : options.readData === true ? 100 : options.readData,
    ...(options.compare === undefined
      ? {}
      : { compare: { files: options.compare === true ? COMPARED_FILES : options.compare } }),
    ...(identity === undefined ? {} : { identity }),
    parallelSources: PARALLEL_SOURCES,
  };
  const { runOnSources } = await import('../runs/run-on-sources.js');
  const { printVerification, verifyProgressView } = await import('../reports/verify-report.js');
  await runOnSources<VerifyBackupsResult, SourcesProgress>(contextOf(command), {
    type: WORKFLOW.verifyBackups,
    workflowId: verifyWorkflowId,
    input: asked,
    summary: `verify ${hosts.length === 0 ? 'all hosts' : hosts.slice(0, 5).join(', ')}`,
    view: verifyProgressView,
    print: printVerification,
    exitCode: exitCodeOfResult,
  });
}

function whichOf({ all, backup }: VerifyCommandOptions): VerifyWhich {
  if (all) return { all: true };
  return backup === undefined || backup === 'latest' ? { latest: true } : { backupId: backup };
}
