import type { PreviewedBackup, PreviewedSource, PrunedSource } from '../../activities/contract.js';
import type { PruneCounts, PruneProgress, PruneResult } from '../../workflows/messages.js';
import { pruneProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { bytesText, countText, durationText, statusWord, table } from '../output.js';

export const pruneProgressView: ProgressView<PruneProgress> = {
  title: 'Pruning',
  query: pruneProgressQuery,
  draw: ({ destinations }) =>
    destinations.map(({ destination, status }) => `${destination}: ${status ?? 'running'}`).join('\n'),
  ended: ({ destinations }) =>
    new Map(
      destinations.flatMap(({ destination, status }) =>
        status === undefined ? [] : [[destination, `${destination}: ${status}`] as const],
      ),
    ),
};

export function printPruneResult(context: CliContext, { status, destinations, durationMs }: PruneResult): void {
  for (const { destination, counts, sources, failure } of destinations) {
    context.print(`${destination}: ${countsText(counts)}`);
    for (const source of sources) printSource(context, source);
    const isTold = sources.some((source) => source.failure?.message === failure?.message);
    if (failure !== undefined && !isTold) for (const line of failureLines(failure)) context.print(line);
  }
  if (destinations.length === 0) context.note('No archives to prune.');
  context.print(`${statusWord(status)}: ${durationText(durationMs)}`);
}

function countsText({ sources, kept, waiting, marked, unmarked, deleted, freedBytes, swept }: PruneCounts): string {
  const parts = [
    `${countText(sources, 'source')}`,
    `${kept} kept`,
    `${waiting} waiting${marked === 0 ? '' : ` (${marked} new)`}`,
    ...(unmarked === 0 ? [] : [`${unmarked} kept again`]),
    `${deleted} deleted, ${bytesText(freedBytes)} freed`,
  ];
  const leftovers = swept.objects + swept.unfinished;
  if (leftovers > 0) parts.push(`${countText(leftovers, 'leftover')} swept, ${bytesText(swept.bytes)}`);
  return parts.join(', ');
}

function printSource(
  context: CliContext,
  { host, source, status, failure, firstDeleted, deleted, notes }: PrunedSource,
): void {
  const more = deleted > firstDeleted.length ? ', …' : '';
  const what = deleted === 0 ? '' : ` deleted ${firstDeleted.join(', ')}${more}`;
  context.print(`  ${host}:${source} ${statusWord(status)}${what}`);
  if (failure !== undefined) for (const line of failureLines(failure)) context.print(`    ${line}`);
  for (const note of notes) context.print(`    ${note}`);
}

const FATE: Readonly<Record<PreviewedBackup['fate'], string>> = {
  stays: 'stays',
  marked: 'to be marked',
  waits: 'marked',
  deleted: 'to be deleted',
};

/** One source, or the next part of one that has many backups. */
export function printPreview(context: CliContext, { host, source, backups, doubt, failure }: PreviewedSource): void {
  context.print(`${host}:${source}`);
  if (failure !== undefined) for (const line of failureLines(failure)) context.print(`  ${line}`);
  if (doubt !== undefined) context.print(`  would be held: ${doubt}`);
  if (backups.length === 0) return;
  const row = ({ id, status, storedBytes, fate, why, dueAt }: PreviewedBackup): string[] => [
    `  ${id}`,
    status,
    bytesText(storedBytes),
    `${FATE[fate]}${dueAt === undefined || fate === 'deleted' ? '' : `, deleted from ${dueAt.slice(0, 16)}Z on`}`,
    why,
  ];
  context.print(table(['  BACKUP', 'STATUS', 'STORED', 'FATE', 'WHY'], backups.map(row)));
}

/** What all pages of a preview add up to. */
export class PreviewTotals {
  failed = false;
  held = false;
  readonly #counts = { stays: 0, marked: 0, waits: 0, deleted: 0 };
  #freedBytes = 0;
  #laterBytes = 0;

  add({ backups, doubt, failure }: PreviewedSource): void {
    this.failed ||= failure !== undefined;
    this.held ||= doubt !== undefined;
    for (const { fate, storedBytes } of backups) {
      this.#counts[fate] += 1;
      if (fate === 'deleted') this.#freedBytes += storedBytes;
      else if (fate !== 'stays') this.#laterBytes += storedBytes;
    }
  }

  figures() {
    return { ...this.#counts, freed_bytes: this.#freedBytes, freed_later_bytes: this.#laterBytes };
  }

  print(context: CliContext): void {
    const { stays, marked, waits, deleted } = this.#counts;
    context.print(
      `${stays} stay, ${deleted} would be deleted now (${bytesText(this.#freedBytes)}), ${marked + waits} after their grace (${bytesText(this.#laterBytes)}).`,
    );
  }
}
