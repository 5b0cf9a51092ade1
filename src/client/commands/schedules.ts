import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { contextOf } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import type { AppliedSchedule, ScheduleChange } from '../schedules/apply.js';
import type { ScheduleSummary } from '../schedules/list.js';

type Connected = (context: CliContext, connection: TemporalConnection, name: string) => Promise<void>;

export function registerSchedulesCommands(program: Command): void {
  const schedules = program.command('schedules').description('runs that start by themselves: Temporal Schedules');
  schedules
    .command('apply')
    .description('make the server’s schedules those of the configuration')
    .option('--prune', 'delete schedules of this configuration that it does not have any more', false)
    .option('-n, --dry-run', 'say what would be done, change nothing', false)
    .action((options: { prune: boolean; dryRun: boolean }, command: Command) => apply(contextOf(command), options));
  schedules
    .command('list', { isDefault: true })
    .description('every schedule, when it runs next, and its last run')
    .action((_options: unknown, command: Command) => connected(contextOf(command), '', list));
  const one = (verb: string, description: string, work: Connected) =>
    schedules
      .command(verb)
      .description(description)
      .argument('<name>', 'the schedule’s name in the configuration')
      .action((name: string, _options: unknown, command: Command) => connected(contextOf(command), name, work));
  one('trigger', 'start its run now', trigger);
  one('pause', 'start no more runs until it is resumed', pause);
  one('resume', 'start runs again', resume);
  one('delete', 'remove it from the server; its runs stay', remove);
}

async function connected(context: CliContext, name: string, work: Connected): Promise<void> {
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: false, note: (line) => context.note(line) });
  try {
    await work(context, connection, name);
  } finally {
    await connection.stop();
  }
}

async function apply(
  context: CliContext,
  options: { readonly prune: boolean; readonly dryRun: boolean },
): Promise<void> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const { path, schedules, settings } = await loadConfig(await findConfig(context.configPath));
  await connected(context, '', async (_context, { client }) => {
    const { applySchedules } = await import('../schedules/apply.js');
    const { parallelHosts, sizeScanLimitMs } = settings;
    const known = { configPath: path, parallelHosts, sizeScanLimitMs };
    const applied = await applySchedules(client.schedule, schedules, { ...known, ...options });
    for (const schedule of applied) context.print(appliedLine(schedule, options.dryRun));
    if (applied.length === 0) context.note(`${path} has no schedules.`);
    context.printJson({ message_type: 'summary', dry_run: options.dryRun, schedules: applied });
  });
}

const DONE: Readonly<Record<ScheduleChange, string>> = {
  created: 'created',
  updated: 'updated',
  unchanged: 'unchanged',
  deleted: 'deleted',
  orphaned: 'not in the configuration any more; --prune deletes it',
};
const TO_DO: Readonly<Record<ScheduleChange, string>> = {
  ...DONE,
  created: 'would be created',
  updated: 'would be updated',
  deleted: 'would be deleted',
};

const appliedLine = ({ id, when, change }: AppliedSchedule, dryRun: boolean): string =>
  `${id} (${when}): ${(dryRun ? TO_DO : DONE)[change]}`;

async function list(context: CliContext, { client }: TemporalConnection): Promise<void> {
  const { describeOwned, scheduleSummary } = await import('../schedules/list.js');
  const { table } = await import('../output.js');
  const summaries = (await describeOwned(client.schedule)).map(scheduleSummary);
  if (summaries.length === 0)
    context.note('No schedules; `holdfast schedules apply` makes those of the configuration.');
  else context.print(table(['NAME', 'WHEN', 'NEXT', 'LAST RUN', 'MISSED', 'SKIPPED', 'REMARK'], summaries.map(row)));
  context.printJson({ message_type: 'summary', schedules: summaries });
}

const row = (schedule: ScheduleSummary): string[] => [
  schedule.name,
  schedule.when,
  schedule.paused ? 'paused' : (schedule.next ?? 'never'),
  schedule.running.length > 0 ? 'running' : (schedule.last?.started ?? 'none'),
  String(schedule.missed),
  String(schedule.skipped),
  schedule.note,
];

async function trigger(context: CliContext, connection: TemporalConnection, name: string): Promise<void> {
  const { triggerSchedule } = await import('../schedules/control.js');
  const workflowId = await triggerSchedule(connection.client.schedule, name);
  const { sayStarted } = await import('../runs/say-started.js');
  sayStarted(context, connection, workflowId);
  context.note('It runs when a worker runs (`holdfast up`).');
}

async function pause(context: CliContext, { client }: TemporalConnection, name: string): Promise<void> {
  const { pauseSchedule } = await import('../schedules/control.js');
  await pauseSchedule(client.schedule, name, 'paused by `holdfast schedules pause`');
  say(context, name, 'paused');
}

async function resume(context: CliContext, { client }: TemporalConnection, name: string): Promise<void> {
  const { resumeSchedule } = await import('../schedules/control.js');
  await resumeSchedule(client.schedule, name, 'resumed by `holdfast schedules resume`');
  say(context, name, 'resumed');
}

async function remove(context: CliContext, { client }: TemporalConnection, name: string): Promise<void> {
  const { deleteSchedule } = await import('../schedules/control.js');
  await deleteSchedule(client.schedule, name);
  say(context, name, 'deleted');
}

function say(context: CliContext, name: string, change: string): void {
  context.print(`Schedule ${name} ${change}.`);
  context.printJson({ message_type: 'summary', schedule: name, change });
}
