import { errorCountsText } from '../../core/errors/error-types.js';
import type { HostBackupResult, SourceResult } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import { hookLines } from './hook-report.js';
import { bytesText, countText, durationText, statusWord } from '../output.js';

/** One host's run in full: each source with its figures, flaws, scripts and notes. */
export function printHostResult(context: CliContext, result: HostBackupResult): void {
  for (const note of result.notes) context.note(`note: ${note}`);
  for (const source of result.sources) printSource(context, result.host, source);
  for (const line of hookLines(result.hooks)) context.print(line);
  if (result.failure !== undefined) for (const line of failureLines(result.failure)) context.print(line);
  context.print(`${statusWord(result.status)}: ${result.host}, ${durationText(result.durationMs)}`);
}

/** What would be deleted from a held source; the names are escaped already. */
export function doubtLines(doubt: SourceResult['doubt']): string[] {
  if (doubt === undefined || doubt.firstNames.length === 0) return [];
  const more = doubt.deletions - doubt.firstNames.length;
  return [
    `${countText(doubt.deletions, 'entry', 'entries')} would be deleted:`,
    ...doubt.firstNames.map((name) => `  ${name}`),
    ...(more > 0 ? [`  … and ${more.toLocaleString('en')} more`] : []),
  ];
}

function printSource(context: CliContext, host: string, source: SourceResult): void {
  const { figures } = source;
  const backup =
    source.backupId === undefined ? (source.dryRun ? 'dry run' : 'no backup') : `backup ${source.backupId}`;
  context.print(
    `${host}:${source.source}  ${statusWord(source.status)}  ${source.engine}, ${backup}, ${durationText(source.durationMs)}`,
  );
  context.print(
    `  ${countText(figures.entries, 'entry', 'entries')} of ${bytesText(figures.sourceBytes)}; ${figures.changed.toLocaleString('en')} changed, ${figures.deleted.toLocaleString('en')} deleted, ${bytesText(figures.storedBytes)} sent`,
  );
  for (const note of source.notes) context.print(`  note: ${note}`);
  for (const script of source.scripts) {
    const outcome =
      script.failure === undefined
        ? `ended well in ${durationText(script.result?.durationMs ?? 0)}`
        : script.failure.message;
    context.print(`  ${script.phase} script ${script.name}: ${outcome}`);
  }
  for (const line of hookLines(source.hooks)) context.print(`  ${line}`);
  const errors = source.errorCounts === undefined ? '' : errorCountsText(source.errorCounts);
  if (errors !== '') context.print(`  errors: ${errors}`);
  for (const flaw of source.flaws.first) context.print(`  ${flaw.flaw}: ${flaw.path}: ${flaw.message}`);
  if (source.flaws.count > source.flaws.first.length)
    context.print(`  … and ${countText(source.flaws.count - source.flaws.first.length, 'more flaw')}`);
  if (source.failure !== undefined) for (const line of failureLines(source.failure)) context.print(`  ${line}`);
  for (const line of doubtLines(source.doubt)) context.print(`  ${line}`);
}
