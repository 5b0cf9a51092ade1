import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { joinParts, type ReportPart } from '../../core/report/part.js';
import { composeReport, type Report } from '../../core/report/report.js';
import { DAYS_AT_MOST, DEFAULT_DAYS } from '../../core/report/window.js';
import type { ReadReportWorkflowInput, ReadReportWorkflowResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { type AtWorkers, withWorkers } from '../with-workers.js';

interface ReportOptions {
  /** `-`: standard output. */
  readonly html?: string;
  readonly days: number;
}

export function registerReportCommand(program: Command): void {
  program
    .command('report')
    .description('say what is not protected, why and since when, and what happened lately')
    .addOption(
      new Option('--html <file>', 'write it as one HTML page with charts; - is standard output').argParser(fileOf),
    )
    .addOption(new Option('--days <count>', 'look back over so many days').argParser(daysOf).default(DEFAULT_DAYS))
    .addHelpText('after', '\nExamples:\n  holdfast report\n  holdfast report --html /var/www/backups.html --days 90')
    .action(async (options: ReportOptions, command: Command) => {
      const context = contextOf(command);
      if (options.html === '-' && context.json)
        return command.error('--html - and --json both want standard output; take one.');
      await withWorkers(context, async (at) => tell(context, await readReport(at, options.days), at, options));
    });
}

/** Page by page; all of them tell of the moment of the first. */
async function readReport({ connection, configPath }: AtWorkers, days: number): Promise<Report> {
  const { readPages } = await import('../read-pages.js');
  const workflow = { type: WORKFLOW.readReport, idPrefix: 'report', summary: `report on ${days} days` };
  const input: ReadReportWorkflowInput = { configPath, days };
  let whole: ReportPart | undefined;
  let window = { untilMs: 0, days };
  for await (const page of readPages<ReadReportWorkflowInput, object, ReadReportWorkflowResult>(
    connection,
    workflow,
    input,
  )) {
    whole = whole === undefined ? page.part : joinParts(whole, page.part);
    window = page.window;
  }
  if (whole === undefined) throw new Error('a report has at least one page');
  return composeReport(whole, window);
}

async function tell(
  context: CliContext,
  report: Report,
  { configPath }: AtWorkers,
  { html }: ReportOptions,
): Promise<void> {
  if (html !== undefined) await writeHtml(context, report, configPath, html);
  else {
    const { printFleetReport } = await import('../reports/fleet-report.js');
    printFleetReport(context, report);
  }
  const { printReportDocuments } = await import('../reports/report-documents.js');
  printReportDocuments(context, report, html);
}

async function writeHtml(context: CliContext, report: Report, configPath: string, file: string): Promise<void> {
  const { reportPage } = await import('../report-html/page.js');
  const page = reportPage(report, configPath);
  if (file === '-') {
    process.stdout.write(page);
    return;
  }
  const { writePage } = await import('../report-html/write-file.js');
  const { headline } = await import('../reports/report-words.js');
  await writePage(file, page);
  // No result: a crontab with --quiet sends no mail.
  context.note(`${headline(report.counts)}. Wrote ${file}.`);
}

function fileOf(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Give the name of a file, or - for standard output.');
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= DAYS_AT_MOST) return days;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${DAYS_AT_MOST}.`);
}
