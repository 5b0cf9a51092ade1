import type { Findings } from '../../core/verify/findings.js';
import type {
  SourceDrill,
  RestoreDrillResult,
  SourceOutcome,
  SourcesProgress,
  SourceVerification,
  VerifyBackupsResult,
} from '../../workflows/messages.js';
import { sourcesProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { bytesText, countText, durationText, statusWord, table } from '../output.js';

const view = (title: string): ProgressView<SourcesProgress> => ({
  title,
  query: sourcesProgressQuery,
  draw: ({ sourcesDone, running }) => [`${countText(sourcesDone, 'source')} done`, ...running].join('\n'),
  ended: ({ ended }) =>
    new Map(ended.map(({ host, source, status }) => [`${host}:${source}`, `${host}:${source}: ${status}`])),
});

/** What a person reads of a verification: while it goes on, and at its end. */
export const verifyProgressView = view('Verifying');
export const drillProgressView = view('Restore drill');

export function printVerification(context: CliContext, result: VerifyBackupsResult): void {
  const rows = result.sources.map((source) => [
    source.host,
    source.source,
    statusWord(source.status),
    String(source.backupsChecked),
    source.damaged.count === 0 ? '–' : String(source.damaged.count),
    source.objectsRead === 0 ? '–' : `${source.objectsRead} of ${source.objects}`,
    bytesText(source.bytesRead),
  ]);
  if (rows.length > 0)
    context.print(table(['HOST', 'SOURCE', 'STATUS', 'BACKUPS', 'DAMAGED', 'OBJECTS READ', 'READ'], rows));
  for (const source of result.sources) for (const line of verificationLines(source)) context.print(line);
  printEnd(context, result);
}

function verificationLines(source: SourceVerification): string[] {
  const { damaged, files, cleared, remarks, comparison } = source;
  const lines = [...failureLinesOf(source)];
  for (const { backupId, whole, objects, touches } of damaged.first) {
    lines.push(
      `  ${backupId} is damaged${whole ? ' as a whole' : ''}; points in time that it touches: ${touches.join(', ')}`,
    );
    lines.push(...objects.first.map(({ name, problem }) => `    ${name}: ${problem}`));
    lines.push(...moreThan(objects.count, objects.first.length, '    '));
  }
  lines.push(...files.first.map(({ path, backups }) => `  cannot be restored: ${path} (${backups.join(', ')})`));
  lines.push(...moreThan(files.count, files.first.length, '  '));
  lines.push(...cleared.map((id) => `  ${id} is right again`));
  lines.push(...listed('  remark: ', remarks));
  if (comparison !== undefined) {
    const { changed, created, deleted, content, unchanged } = comparison;
    lines.push(
      `  since ${comparison.backupId}: ${unchanged} entries unchanged, ${changed.count} changed, ${created.count} new, ${deleted.count} deleted; ${content.filesCompared} files compared by content`,
    );
    lines.push(...listed('  another content: ', content.differing), ...listed('  not compared: ', content.notCompared));
  }
  return [...lines, ...source.notes.map((note) => `  note: ${note}`)];
}

export function printDrill(context: CliContext, result: RestoreDrillResult): void {
  const rows = result.sources.map((source) => [
    source.host,
    source.source,
    statusWord(source.status),
    source.backupId ?? '–',
    source.files.toLocaleString('en'),
    bytesText(source.bytes),
    source.comparedWithSource.toLocaleString('en'),
    source.proof ?? '–',
  ]);
  if (rows.length > 0)
    context.print(table(['HOST', 'SOURCE', 'STATUS', 'BACKUP', 'FILES', 'SIZE', 'WITH SOURCE', 'PROOF'], rows));
  for (const source of result.sources) for (const line of drillLines(source)) context.print(line);
  printEnd(context, result);
}

const drillLines = (source: SourceDrill): string[] => [
  ...failureLinesOf(source),
  ...listed('  ', source.differing),
  ...source.notes.map((note) => `  note: ${note}`),
];

const failureLinesOf = ({ failure }: SourceOutcome): string[] => (failure === undefined ? [] : failureLines(failure));

function printEnd(context: CliContext, result: VerifyBackupsResult | RestoreDrillResult): void {
  for (const note of result.notes) context.note(`note: ${note}`);
  if (result.failure !== undefined) for (const line of failureLines(result.failure)) context.print(line);
  const counts = Object.entries(result.counts).filter(([, count]) => count > 0);
  const sources = counts.map(([status, count]) => `${count} ${status}`).join(', ');
  context.print(`${statusWord(result.status)}: ${sources || 'no sources'}, ${durationText(result.durationMs)}`);
}

const listed = (before: string, { count, first }: Findings): string[] => [
  ...first.map((text) => `${before}${text}`),
  ...moreThan(count, first.length, '  '),
];

const moreThan = (count: number, shown: number, before: string): string[] =>
  count > shown ? [`${before}… and ${count - shown} more`] : [];
