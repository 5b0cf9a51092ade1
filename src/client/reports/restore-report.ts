import type { RestoreProgress, RestoreResult } from '../../workflows/messages.js';
import { restoreProgressQuery } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import type { ProgressView } from '../runs/follow-run.js';
import { hookLines } from './hook-report.js';
import { bytesText, countText, durationText, statusWord } from '../output.js';

/** What a person reads of a restore: while it goes on, and at its end. */
export const restoreProgressView: ProgressView<RestoreProgress> = {
  title: 'Restoring',
  query: restoreProgressQuery,
  draw: (progress) => {
    const parts =
      progress.partsTotal > 0
        ? ` · ${progress.partsDone} of ${countText(progress.partsTotal, 'shard')}, ${bytesText(progress.bytesRead)} of ${bytesText(progress.bytesToRead)}`
        : '';
    return `${progress.step}${progress.backupId === undefined ? '' : ` ${progress.backupId}`}${parts}`;
  },
  ended: (progress) =>
    new Map(
      progress.backupId === undefined ? [] : [['point', `backup ${progress.backupId} to ${progress.targetPath ?? ''}`]],
    ),
};

export function printRestoreResult(context: CliContext, result: RestoreResult): void {
  const { plan, report, failure } = result;
  if (plan !== undefined) {
    for (const note of plan.notes) context.note(`note: ${note}`);
    const { create, replace, keep, delete: removed } = plan.counts;
    const snapshot = plan.snapshot === undefined ? '' : ` (snapshot ${plan.snapshot})`;
    context.print(`${result.host}:${result.source} at ${plan.backupId}${snapshot} from ${plan.from}`);
    context.print(`  to ${plan.targetPath} on ${plan.targetMachine}`);
    context.print(
      `  ${result.dryRun ? 'would create' : 'created'} ${create.toLocaleString('en')}, replace${result.dryRun ? '' : 'd'} ${replace.toLocaleString('en')}, keep ${keep.toLocaleString('en')}, delete${result.dryRun ? '' : 'd'} ${removed.toLocaleString('en')}; ${bytesText(plan.bytesToWrite)} to write, ${bytesText(plan.bytesToRead)} to read`,
    );
    for (const flaw of plan.flaws.first) context.print(`  ${flaw.path}: ${flaw.message}`);
    if (plan.flaws.count > plan.flaws.first.length)
      context.print(`  … and ${plan.flaws.count - plan.flaws.first.length} more`);
  }
  if (report !== undefined) {
    context.print(
      `  compared ${countText(report.compared, 'entry', 'entries')} with the backup: ${report.differences.count === 0 ? 'all as recorded' : countText(report.differences.count, 'difference')}`,
    );
    for (const difference of report.differences.first) context.print(`  ${difference}`);
  }
  for (const note of result.notes) context.note(`note: ${note}`);
  for (const line of hookLines(result.hooks)) context.print(line);
  if (failure !== undefined) for (const line of failureLines(failure)) context.print(line);
  context.print(`${statusWord(result.status)}: ${durationText(result.durationMs)}`);
}
