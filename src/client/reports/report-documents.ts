import type { Report } from '../../core/report/report.js';
import { dayStartMs } from '../../core/report/window.js';
import { EXIT } from '../../core/statuses.js';
import type { CliContext } from '../cli-context.js';
import { dayText } from './report-words.js';

/** The whole report as JSON: a document for each source, host, day, destination and failure, then the summary. */
export function printReportDocuments(context: CliContext, report: Report, html: string | undefined): void {
  const { window, counts, sources, hosts, days, destinations, failures, failuresTotal } = report;
  for (const source of sources) context.printJson({ message_type: 'source', ...source });
  for (const host of hosts) context.printJson({ message_type: 'host', ...host });
  for (const [day, sums] of days.entries())
    context.printJson({ message_type: 'day', date: dayText(dayStartMs(window, day)), ...sums });
  for (const destination of destinations) context.printJson({ message_type: 'destination', ...destination });
  for (const failure of failures) context.printJson({ message_type: 'failure', ...failure });
  context.printJson({
    message_type: 'summary',
    at: new Date(window.untilMs).toISOString(),
    days: window.days,
    counts,
    failures: failuresTotal,
    ...(html === undefined ? {} : { html }),
    exit_code: EXIT.ok,
  });
}
