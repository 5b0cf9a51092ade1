import type { MetricsRow, SentNow, TestMetricsWorkflowResult } from '../../workflows/messages.js';
import { isTriedAgain } from '../../core/metrics/send-times.js';
import type { Status } from '../../core/statuses.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import { bytesText, countText, durationText, statusWord, table } from '../output.js';

const WORDS = { ok: 'ok', failed: 'FAILED', 'not reached': '-' } as const;

export function printMetricsTest(context: CliContext, { checks }: TestMetricsWorkflowResult): void {
  for (const check of checks) {
    const { name, status, detail, action } = check;
    context.print(`${WORDS[status].padEnd(7)} ${name}: ${detail}`);
    if (action !== undefined) context.print(`        ${action}`);
    context.printJson({ message_type: 'check', ...check });
  }
}

export function printSent(
  context: CliContext,
  { workflowId, sent, refused, failure }: SentNow & { readonly workflowId: string },
): void {
  // What it was at already is not counted: none does not mean that there was none.
  const state = 'the state of the fleet';
  const what =
    sent === 0 ? `${state} sent, no record waits any more` : `${countText(sent, 'record')} and ${state} sent`;
  const leftOut = refused === 0 ? '' : `; ${refused} refused: the worker’s log says why`;
  if (failure === undefined) return context.print(`${workflowId}: ${what}${leftOut}`);
  for (const line of failureLines(failure)) context.print(line);
  context.note(
    isTriedAgain(failure)
      ? `${workflowId} goes on trying; what waits is sent as soon as the database answers.`
      : 'What waits is kept. When it is corrected: holdfast metrics send',
  );
}

/** With `--json` one document for each. */
export function printMetricsRows(context: CliContext, rows: readonly MetricsRow[]): void {
  for (const { time, values } of rows) context.printJson({ message_type: 'point', time, ...values });
  if (rows.length === 0) return context.note('The database has no points of backups of that time.');
  context.print(table(HEAD, rows.map(lineOf)));
}

const HEAD = [
  'TIME',
  'HOST',
  'SOURCE',
  'STATUS',
  'ERRORS',
  'WARNINGS',
  'TIME TAKEN',
  'SIZE',
  'STORED',
  'EXIT',
  'FAILURE',
];

function lineOf({ time, values }: MetricsRow): string[] {
  const number = (name: string): number => Number(values[name] ?? 0);
  const text = (name: string): string => String(values[name] ?? '');
  return [
    `${time.slice(0, 19)}Z`,
    text('host'),
    text('source'),
    statusWord(text('status') as Status),
    String(number('error_count')),
    String(number('warning_count')),
    durationText(number('duration_seconds') * 1_000),
    bytesText(number('total_size_bytes')),
    bytesText(number('stored_bytes')),
    String(number('exit_code')),
    text('failure_type'),
  ];
}
