import type { ConsolidateResult } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { failureLines } from '../cli-context.js';
import { bytesText, countText, durationText, statusWord } from '../output.js';

export function printConsolidateResult(
  context: CliContext,
  { status, backup, failure, durationMs }: ConsolidateResult,
): void {
  if (backup !== undefined) {
    const dead = backup.rawBytes === 0 ? 0 : Math.round((100 * backup.deadBytes) / backup.rawBytes);
    context.print(
      `${backup.backupId} has the state of ${backup.from}: ${countText(backup.shards, 'shard')}, ${bytesText(backup.storedBytes)}; ${dead} % of its content (${bytesText(backup.deadBytes)}) is not needed any more`,
    );
  }
  if (failure !== undefined) for (const line of failureLines(failure)) context.print(line);
  context.print(`${statusWord(status)}: ${durationText(durationMs)}`);
}
