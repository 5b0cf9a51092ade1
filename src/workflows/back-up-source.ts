import type { Failure } from '../core/failures.js';
import type { Status } from '../core/statuses.js';
import { archiveEngine } from './archive-engine.js';
import { failureOfActivity } from './failure-of-activity.js';
import { whileFrozen } from './freeze.js';
import type { SourceResult } from './messages.js';
import { mirrorEngine } from './mirror-engine.js';
import { always, withinTime } from './scopes.js';
import { runPostScript, runPreScript } from './scripts.js';
import { sourceResult } from './source-result.js';
import { placeOf, type Ending, type SourceRun } from './source-run.js';

const engines = { mirror: mirrorEngine, archive: archiveEngine } as const;

/**
 * Backs up one source: pre script → freeze → engine (look, guard, transfer, commit) → thaw → post script, and never throws: the result
 * says how it ended. The post script runs whatever happened, also after a failed pre script, a hold, a cancellation or the source's time limit.
 * The guard stands after the pre script because that is what mounts or dumps the source (docs/decisions/0001-guard-after-pre-script.md).
 */
export async function backUpSource(run: SourceRun): Promise<SourceResult> {
  const ending = run.options.dryRun ? await rehearse(run) : await performWithScripts(run);
  run.tell({ step: 'done', status: ending.status });
  return sourceResult(run, ending);
}

async function performWithScripts(run: SourceRun): Promise<Ending> {
  const ending = await settle(run, async () => {
    await runPreScript(run);
    return whileFrozen(run, engines[run.source.engine]);
  });
  try {
    await always(() => runPostScript(run, ending.status));
    return ending;
  } catch (error) {
    return afterFailedPostScript(run, ending, error);
  }
}

/** Nothing is written anywhere, so the scripts, which do things, stay out of it too. */
async function rehearse(run: SourceRun): Promise<Ending> {
  const left = [run.source.preScript, run.source.postScript].flatMap((script) => script?.name ?? []);
  if (left.length > 0) run.notes.push(`A dry run runs no scripts: ${left.join(', ')} left out.`);
  if (run.source.freeze !== undefined) run.notes.push('A dry run freezes nothing: the source was looked at as it is.');
  return settle(run, () => engines[run.source.engine](run));
}

async function settle(run: SourceRun, work: () => Promise<Ending>): Promise<Ending> {
  try {
    return await withinTime(run.source.timeoutMs, placeOf(run), work);
  } catch (error) {
    const failure = failureOfActivity(error, placeOf(run));
    return { status: statusOf(failure), failure };
  }
}

function statusOf({ type }: Failure): Status {
  switch (type) {
    case 'Cancelled':
      return 'cancelled';
    // Also found out while transferring: rsync stops at the number of deletions that the guard allowed.
    case 'SourceHeld':
      return 'held';
    default:
      return 'failed';
  }
}

/** A backup that was made stays made, but somebody must look: what the pre script stopped may still stand still. */
function afterFailedPostScript(run: SourceRun, ending: Ending, error: unknown): Ending {
  const failure = failureOfActivity(error, placeOf(run));
  if (ending.status === 'ok') return { ...ending, status: 'warning', failure };
  if (ending.failure === undefined) return { ...ending, failure };
  run.notes.push(`After that, the post script failed too (${failure.type}): ${failure.message}`);
  return ending;
}
