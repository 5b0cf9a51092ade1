import { concernOf, type DestinationReport, type Report } from '../../core/report/report.js';
import type { SourceReport } from '../../core/report/source-report.js';
import { dayStartMs } from '../../core/report/window.js';
import type { CliContext } from '../cli-context.js';
import { colours } from '../colours.js';
import { bytesText, countText, table } from '../output.js';
import { proofsText } from './proofs-text.js';
import {
  everyText,
  headline,
  isBad,
  leftText,
  placeText,
  remark,
  sinceText,
  stateWord,
  utcText,
  whyText,
} from './report-words.js';

/** More lines than these nobody reads on a terminal. */
const LISTED = 50;

/** What a person reads of a fleet: what is not protected first. */
export function printFleetReport(context: CliContext, report: Report): void {
  const { counts, sources, window } = report;
  const title = headline(counts);
  context.print(
    `${isBad(counts) ? colours.red(`✗ ${title}`) : colours.green(`✓ ${title}`)} (${utcText(window.untilMs)})`,
  );
  if (remark(counts) !== '') context.print(remark(counts));
  printSources(
    context,
    '',
    sources.filter((source) => concernOf(source) === 'unprotected'),
    report,
  );
  printSources(
    context,
    'To look at:',
    sources.filter((source) => concernOf(source) === 'to look at'),
    report,
  );
  context.print('');
  context.print(daysText(report));
  printDestinations(context, report.destinations);
  for (const line of proofsText(sources, window.untilMs)) context.print(line);
  if (counts.sources > 0 && counts.withoutExpectation > 0)
    context.print(
      `${countText(counts.withoutExpectation, 'source')} can never be overdue: no schedule takes ${counts.withoutExpectation === 1 ? 'it' : 'them'}, and expect_every is not set, or is never.`,
    );
}

function printSources(
  context: CliContext,
  title: string,
  sources: readonly SourceReport[],
  { window: { untilMs } }: Report,
): void {
  if (sources.length === 0) return;
  context.print('');
  if (title !== '') context.print(title);
  const rows = sources
    .slice(0, LISTED)
    .map((source) => [
      placeText(source),
      source.unprotected === undefined ? colours.yellow(stateWord(source)) : colours.red(stateWord(source)),
      sinceText(source.lastSuccessAtMs, untilMs),
      everyText(source.expectEveryMs),
      whyText(source, untilMs),
    ]);
  context.print(table(['SOURCE', 'STATE', 'LAST BACKUP', 'EXPECTED', 'WHY'], rows));
  if (sources.length > LISTED)
    context.print(`… and ${(sources.length - LISTED).toLocaleString('en')} more; --json has them all.`);
}

/** `Since 2026-10-23: 160 ok, 3 warning, 5 failed; 12 GiB stored, 18 errors.` */
function daysText({ days, window }: Report): string {
  const since = `Since ${utcText(dayStartMs(window, 0))}`;
  const total = (of: (day: Report['days'][number]) => number): number => days.reduce((sum, day) => sum + of(day), 0);
  const ended = (['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'] as const)
    .map((status) => ({ status, count: total((day) => day.ended[status]) }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count.toLocaleString('en')} ${status}`);
  if (ended.length === 0) return `${since}: no run ended.`;
  const errors = total((day) => day.errors);
  return `${since}: runs of sources ${ended.join(', ')}; ${bytesText(total((day) => day.storedBytes))} stored, ${countText(errors, 'error')}.`;
}

function printDestinations(context: CliContext, destinations: readonly DestinationReport[]): void {
  if (destinations.length === 0) return;
  context.print('');
  context.print(
    table(
      ['DESTINATION', 'COPIES', 'STORED', 'FREE', 'OF', 'DAYS LEFT'],
      destinations.map(({ destination, sizeBytes, storedBytes, disk, outlook }) => [
        placeText({ host: destination }),
        bytesOrNone(sizeBytes.findLast((bytes) => bytes !== null) ?? undefined),
        bytesText(storedBytes.reduce((sum, bytes) => sum + bytes, 0)),
        bytesOrNone(disk?.freeBytes),
        bytesOrNone(disk?.totalBytes),
        outlookText(outlook),
      ]),
    ),
  );
}

function outlookText(outlook: DestinationReport['outlook']): string {
  switch (outlook.trend) {
    case 'filling':
      return leftText(outlook.daysLeft);
    case 'steady':
      return 'does not fill up';
    case 'unknown':
      return '–';
  }
}

const bytesOrNone = (bytes: number | undefined): string => (bytes === undefined ? '–' : bytesText(bytes));
