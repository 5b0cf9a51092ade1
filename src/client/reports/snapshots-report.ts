import type { RotateSnapshotsResult, SnapshotOutcome, SourcesProgress } from '../../workflows/messages.js';
import { sourcesProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { countText, durationText, statusWord } from '../output.js';

export const rotationProgressView = (title: string): ProgressView<SourcesProgress> => ({
  title,
  query: sourcesProgressQuery,
  draw: ({ sourcesDone, running }) => [`${countText(sourcesDone, 'mirror')} done`, ...running].join('\n'),
  ended: ({ ended }) =>
    new Map(ended.map(({ host, source, status }) => [`${host}:${source}`, `${host}:${source}: ${status}`])),
});

/** What a person reads when snapshots were made or removed. */
export function printRotation(context: CliContext, result: RotateSnapshotsResult): void {
  for (const source of result.sources) for (const line of linesOf(source)) context.print(line);
  for (const note of result.notes) context.note(`note: ${note}`);
  const told = result.sources.some(({ failure }) => failure?.message === result.failure?.message);
  if (result.failure !== undefined && !told) for (const line of failureLines(result.failure)) context.print(line);
  const counts = Object.entries(result.counts).filter(([, count]) => count > 0);
  const mirrors = counts.map(([status, count]) => `${count} ${status}`).join(', ');
  context.print(`${statusWord(result.status)}: ${mirrors || 'no mirrors'}, ${durationText(result.durationMs)}`);
}

function linesOf(outcome: SnapshotOutcome): string[] {
  const { host, source, status, failure, made, removed, kept, problems, notes } = outcome;
  const more = removed.count > removed.first.length ? ', …' : '';
  return [
    `${host}:${source} ${statusWord(status)}: ${made.length} made, ${removed.count} removed, ${countText(kept, 'snapshot')} now`,
    ...made.map(({ name, method, status: copy }) => `  + ${name} (${method}${copy === 'ok' ? '' : `, ${copy}`})`),
    ...(removed.count === 0 ? [] : [`  - ${removed.first.join(', ')}${more}`]),
    ...(failure === undefined ? [] : failureLines(failure).map((line) => `  ${line}`)),
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...notes.map((note) => `  note: ${note}`),
  ];
}
