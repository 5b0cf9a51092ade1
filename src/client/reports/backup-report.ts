import type { Failure } from '../../core/failures.js';
import type {
  FleetBackupResult,
  FleetProgress,
  HeldSource,
  HostSummary,
  SourceSummary,
} from '../../workflows/messages.js';
import { fleetProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { errorLines } from './error-lines.js';
import { hookLines } from './hook-report.js';
import { bytesText, countText, durationText, statusWord, table } from '../output.js';

/** What a person reads of a fleet run: while it goes on, and at its end. */
export const fleetProgressView: ProgressView<FleetProgress> = {
  title: 'Backing up',
  query: fleetProgressQuery,
  draw: (progress) => {
    const running = progress.running.map(({ host }) => host);
    const shown = running.slice(0, 8).join(', ') + (running.length > 8 ? ` and ${running.length - 8} more` : '');
    return [
      `${progress.hostsDone} of ${countText(progress.hostsTotal, 'host')} done${running.length > 0 ? `; running: ${shown}` : ''}`,
      ...(progress.paused === undefined ? [] : [`paused by ${progress.paused.by}`]),
      ...(progress.holds ?? []).slice(0, 8).map(holdLine),
    ].join('\n');
  },
  ended: (progress) =>
    new Map([
      ...progress.hosts.map((host) => [`${host.host} ${host.status}`, `${host.host}: ${host.status}`] as const),
      ...(progress.holds ?? []).map((hold) => [`hold ${holdLine(hold)}`, holdLine(hold)] as const),
    ]),
};

const holdLine = ({ host, source, message, untilMs }: HeldSource): string => {
  const wait = untilMs === undefined ? '' : ` (waits until ${new Date(untilMs).toISOString().slice(0, 16)}Z)`;
  return `${host}:${source}: ${message}${wait}`;
};

export function printFleetResult(context: CliContext, result: FleetBackupResult): void {
  for (const note of result.notes) context.note(`note: ${note}`);
  if (result.hosts.length > 0) {
    const rows = result.hosts.flatMap((host) =>
      host.sources.length > 0 ? host.sources.map((source) => sourceRow(host, source)) : [hostRow(host)],
    );
    context.print(table(['HOST', 'SOURCE', 'STATUS', 'BACKUP', 'ENTRIES', 'SIZE', 'SENT', 'TIME'], rows));
  }
  for (const line of troubleLines(result)) context.print(line);
  for (const line of hookLines(result.hooks)) context.print(line);
  const counts = Object.entries(result.counts).filter(([, count]) => count > 0);
  const hosts = counts.map(([status, count]) => `${count} ${status}`).join(', ');
  context.print(
    `${statusWord(result.status)}: ${countText(result.hostsTotal, 'host')}${hosts === '' ? '' : ` (${hosts})`}, ${countText(result.backupsMade, 'backup')} made, ${bytesText(result.storedBytes)} sent, ${durationText(result.durationMs)}`,
  );
}

const sourceRow = (host: HostSummary, source: SourceSummary): string[] => [
  host.host,
  source.source,
  statusWord(source.status),
  source.backupId ?? '–',
  source.entries.toLocaleString('en'),
  bytesText(source.sourceBytes),
  bytesText(source.storedBytes),
  durationText(source.durationMs),
];

const hostRow = (host: HostSummary): string[] => [
  host.host,
  '–',
  statusWord(host.status),
  '–',
  '–',
  '–',
  '–',
  durationText(host.durationMs),
];

/** What went wrong: with the run, then host by host, with each of its sources. */
function troubleLines({ failure, hosts }: FleetBackupResult): string[] {
  const linesOf = (one: Failure | undefined): string[] => (one === undefined ? [] : failureLines(one));
  return [
    ...linesOf(failure),
    ...hosts.flatMap((host) => {
      const ofHost = linesOf(host.failure);
      return [...ofHost, ...host.sources.flatMap((source) => sourceTroubles(host, source, ofHost))];
    }),
  ];
}

function sourceTroubles(host: HostSummary, source: SourceSummary, above: readonly string[]): string[] {
  const place = `${host.host}:${source.source}`;
  const told = [
    ...(source.failure === undefined ? [] : failureLines(source.failure)),
    ...(source.flaws === 0
      ? []
      : [
          `${place}: ${countText(source.flaws, 'entry', 'entries')} could not be stored well; see \`holdfast runs show ${host.workflowId}\``,
        ]),
  ];
  const errors = errorLines(source, [...above, ...told]);
  const head = told.length === 0 && errors.length > 0 ? [`${place}: ${source.status}`] : told;
  return [...head, ...errors.map((line) => `  ${line}`)];
}
