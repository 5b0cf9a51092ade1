import type { HostBackupResult, SourceResult } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import { errorLines } from './error-lines.js';
import { hookLines } from './hook-report.js';
import { bytesText, countText, durationText, statusWord } from '../output.js';

/** One host's run in full: each source with its figures, flaws, scripts and notes. */
export function printHostResult(context: CliContext, result: HostBackupResult): void {
  for (const note of result.notes) context.note(`note: ${note}`);
  const ofHost = result.failure === undefined ? [] : failureLines(result.failure);
  for (const source of result.sources) printSource(context, result.host, source, ofHost);
  for (const line of hookLines(result.hooks)) context.print(line);
  for (const line of ofHost) context.print(line);
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

function printSource(context: CliContext, host: string, source: SourceResult, ofHost: readonly string[]): void {
  const { figures } = source;
  const backup =
    source.backupId === undefined ? (source.dryRun ? 'dry run' : 'no backup') : `backup ${source.backupId}`;
  context.print(
    `${host}:${source.source}  ${statusWord(source.status)}  ${source.engine}, ${backup}, ${durationText(source.durationMs)}`,
  );
  context.print(
    `  ${countText(figures.entries, 'entry', 'entries')} of ${bytesText(figures.sourceBytes)}; ${figures.changed.toLocaleString('en')} changed, ${figures.deleted.toLocaleString('en')} deleted, ${bytesText(figures.storedBytes)} sent`,
  );
  const told = toldOf(source);
  for (const line of [...told, ...errorLines(source, [...told, ...ofHost])]) context.print(`  ${line}`);
  for (const line of doubtLines(source.doubt)) context.print(`  ${line}`);
}

function toldOf(source: SourceResult): string[] {
  const { count, first } = source.flaws;
  return [
    ...source.notes.map((note) => `note: ${note}`),
    ...source.scripts.map(({ phase, name, result, failure }) => {
      const outcome =
        failure === undefined ? `ended well in ${durationText(result?.durationMs ?? 0)}` : failure.message;
      return `${phase} script ${name}: ${outcome}`;
    }),
    ...hookLines(source.hooks),
    ...first.map(({ flaw, path, message }) => `${flaw}: ${path}: ${message}`),
    ...(count > first.length ? [`… and ${countText(count - first.length, 'more flaw')}`] : []),
    ...(source.failure === undefined ? [] : failureLines(source.failure)),
  ];
}
