import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { EXIT } from '../../core/statuses.js';
import type {
  MetricsPosition,
  MetricsRow,
  QueryMetricsWorkflowInput,
  QueryMetricsWorkflowResult,
  TestMetricsWorkflowResult,
} from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { withWorkers } from '../with-workers.js';
import { backfill, send } from './metrics-send.js';

const DAYS_AT_MOST = 400;

export function registerMetricsCommands(program: Command): void {
  const metrics = program.command('metrics').description('the metrics database: try it, send to it, ask it');
  metrics
    .command('test')
    .description('say which version answers, whether login, database, writing and reading work, and what to do if not')
    .action((_options: unknown, command: Command) => test(contextOf(command)));
  metrics
    .command('send')
    .description('send what waits and the state of the fleet now')
    .option('--wait', 'after a scan of all sizes: one that is running, else a new one', false)
    .action((options: { wait: boolean }, command: Command) => send(contextOf(command), options.wait));
  metrics
    .command('query')
    .description('backups of the last hours as the database has them, newest first')
    .addOption(new Option('--hours <count>', 'so many').argParser(countUpTo(DAYS_AT_MOST * 24)).default(48))
    .option('-H, --host <host>', 'of this host')
    .action((options: QueryOptions, command: Command) => query(contextOf(command), options));
  metrics
    .command('backfill')
    .description('send again what history has, and what Temporal still knows of runs; nothing is doubled')
    .addOption(new Option('--days <count>', 'of so many days').argParser(countUpTo(DAYS_AT_MOST)).default(30))
    .action((options: { days: number }, command: Command) => backfill(contextOf(command), options.days));
}

interface QueryOptions {
  readonly hours: number;
  readonly host?: string;
}

async function test(context: CliContext): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { answerOf } = await import('../runs/answer-of.js');
    const { printMetricsTest } = await import('../reports/metrics-report.js');
    const question = { type: WORKFLOW.testMetrics, idPrefix: 'metrics-test', input: { configPath } };
    const result = await answerOf<TestMetricsWorkflowResult>(connection, question);
    printMetricsTest(context, result);
    process.exitCode = result.checks.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.failed;
    context.printJson({ message_type: 'summary', ...result, exit_code: process.exitCode });
  });
}

async function query(context: CliContext, { hours, host }: QueryOptions): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const { readPages } = await import('../read-pages.js');
    const { printMetricsRows } = await import('../reports/metrics-report.js');
    const workflow = { type: WORKFLOW.queryMetrics, idPrefix: 'metrics-query', summary: `metrics of ${hours} hours` };
    const input: QueryMetricsWorkflowInput = { configPath, hours, ...(host === undefined ? {} : { host }) };
    const rows: MetricsRow[] = [];
    for await (const page of readPages<QueryMetricsWorkflowInput, MetricsPosition, QueryMetricsWorkflowResult>(
      connection,
      workflow,
      input,
    ))
      rows.push(...page.rows);
    if (rows.length === 0 && host !== undefined) await assertKnown(host, configPath);
    printMetricsRows(context, rows);
    context.printJson({ message_type: 'summary', points: rows.length, exit_code: EXIT.ok });
  });
}

/** A mistyped name must not look like a host without backups; one that was taken out of the configuration may have points. */
async function assertKnown(host: string, configPath: string): Promise<void> {
  const { loadConfig } = await import('../../config/load.js');
  const { selectHost } = await import('../../config/selection.js');
  selectHost((await loadConfig(configPath)).hosts, host, { hosts: [], sources: [], tags: [] });
}

const countUpTo =
  (most: number) =>
  (text: string): number => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= most) return count;
    throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
  };
