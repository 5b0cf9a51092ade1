import type { MeasuredSize } from '../../core/sizes/sizes.js';
import type { MeasureSizesResult, ScanSizesProgress, ScanSizesResult, SizeCounts } from '../../workflows/messages.js';
import { scanSizesProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { bytesText, countText, durationText, statusWord, table } from '../output.js';

/** What a person reads of sizes. */
export const scanProgressView: ProgressView<ScanSizesProgress> = {
  title: 'Measuring',
  query: scanSizesProgressQuery,
  draw: ({ hostsDone, hostsTotal, counts, running }) => {
    const names = running.map(({ host }) => host).join(', ');
    return `${hostsDone} of ${countText(hostsTotal, 'host')} done, ${counts.measured} measured${names === '' ? '' : `; running: ${names}`}`;
  },
  ended: ({ hosts }) =>
    new Map(hosts.map(({ host, status, counts }) => [host, `${host}: ${status}, ${counts.measured} measured`])),
};

/** One host's, the largest first. */
export function printMeasured(
  context: CliContext,
  { sizes, failures, failure, counts, status }: MeasureSizesResult,
): void {
  if (sizes.length > 0) printTable(context, sizes, Date.now());
  for (const one of [...failures, ...(failure === undefined ? [] : [failure])])
    for (const line of failureLines(one)) context.print(line);
  context.print(`${statusWord(status)}: ${countsText(counts)}`);
}

/** With `--json` one document for each. */
export function printSizes(context: CliContext, sizes: readonly MeasuredSize[], nowMs: number): void {
  for (const size of sizes) context.printJson({ message_type: 'size', ...size });
  if (sizes.length === 0) {
    context.note('No sizes are known: `holdfast sizes scan` measures them.');
    return;
  }
  printTable(context, sizes, nowMs);
}

function printTable(context: CliContext, sizes: readonly MeasuredSize[], nowMs: number): void {
  const rows = sizes.map((size) => [
    size.host,
    size.source,
    size.name === '' ? size.kind : size.name,
    `${size.complete ? '' : '≥ '}${bytesText(size.totalBytes)}`,
    bytesOrNone(size.exclusiveBytes),
    bytesOrNone(size.sharedBytes),
    size.backups === undefined ? '–' : String(size.backups),
    size.destination,
    `${durationText(Math.max(0, nowMs - Date.parse(size.measuredAt)))} ago`,
  ]);
  context.print(
    table(['HOST', 'SOURCE', 'WHAT', 'SIZE', 'EXCLUSIVE', 'SHARED', 'BACKUPS', 'DESTINATION', 'MEASURED'], rows),
  );
  for (const { host, source, kind, name, remarks } of sizes)
    for (const remark of remarks) context.note(`${host}:${source} ${name === '' ? kind : name}: ${remark}`);
}

export function printScan(context: CliContext, { hosts, failure, counts, status, durationMs }: ScanSizesResult): void {
  for (const one of hosts) if (one.failure) for (const line of failureLines(one.failure)) context.print(line);
  if (failure !== undefined && !hosts.some((one) => one.failure?.message === failure.message))
    for (const line of failureLines(failure)) context.print(line);
  context.print(`${statusWord(status)}: ${countsText(counts)}, ${durationText(durationMs)}`);
}

const countsText = ({ measured, partial, failed, leftOut }: SizeCounts): string =>
  [`${measured} measured`, of(partial, 'partial'), of(failed, 'failed'), of(leftOut, 'snapshots left out')]
    .filter(Boolean)
    .join(', ');

const of = (count: number, what: string): string => (count === 0 ? '' : `${count} ${what}`);
const bytesOrNone = (bytes: number | undefined): string => (bytes === undefined ? '–' : bytesText(bytes));
