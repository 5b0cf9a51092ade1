import type { Failure } from '../../core/failures.js';
import type { Status } from '../../core/statuses.js';
import { archiveEngine } from './archive-engine.js';
import { dumpEngine } from './dump-engine.js';
import { evidenceOfActivity } from '../evidence-of-activity.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { whileFrozen } from './freeze.js';
import type { SourceResult } from '../messages.js';
import type { Hooks } from '../hooks/hooks.js';
import { withHooks } from '../hooks/hooks-of-source.js';
import { mirrorEngine } from './mirror-engine.js';
import { always, withinTime } from '../scopes.js';
import { runPostScript, runPreScript } from './scripts.js';
import { withErrors } from './source-errors.js';
import { notBegun, sourceResult } from './source-result.js';
import { withSnapshots } from './snapshots-of-source.js';
import { placeOf, type Ending, type SourceRun } from './source-run.js';

const engines = { mirror: mirrorEngine, archive: archiveEngine } as const;
/** A dump is an archive of what a program prints. */
const engineOf = ({ source }: SourceRun) => (source.dump === undefined ? engines[source.engine] : dumpEngine);

/**
 * Backs up one source: before_source hooks → pre script → freeze → engine (look, guard, transfer, commit) → thaw → post script → snapshots of a
 * mirror → after_source hooks, and never throws: the result says how it ended. The post script and the last hooks run whatever happened, also after a failed pre
 * script, a hold, a cancellation or the source's time limit.
 * The guard stands after the pre script because that is what mounts or dumps the source (docs/decisions/0001-guard-after-pre-script.md).
 */
export async function backUpSource(given: SourceRun): Promise<SourceResult> {
  const { run, hooks } = withHooks(given);
  const ending = run.options.dryRun ? await rehearse(run) : await perform(run, hooks);
  const ended = await hooks.ended('after_source', sourceResult(run, ending), { backupId: ending.backup?.id });
  run.tell({ step: 'done', status: ended.status });
  const { scripts, besides } = run;
  return withErrors(ended, { ending, scripts, besides, hooks: hooks.outcomes });
}

/** A source whose backup cannot be begun: its `on_error` hooks say so. */
export async function refuseSource(given: SourceRun, obstacle: Failure): Promise<SourceResult> {
  const { run, hooks } = withHooks(given);
  const { source, options } = run;
  const ended = await hooks.ended(undefined, notBegun(source, statusOf(obstacle), obstacle, options));
  return withErrors(ended, { ending: { failure: obstacle }, hooks: hooks.outcomes });
}

/** Hooks run in time limits of their own, outside that of the source. */
async function perform(run: SourceRun, hooks: Hooks): Promise<Ending> {
  const obstacle = await hooks.before('before_source');
  return obstacle === undefined
    ? withSnapshots(run, await performWithScripts(run))
    : { status: statusOf(obstacle), failure: obstacle };
}

async function performWithScripts(run: SourceRun): Promise<Ending> {
  const ending = await settle(run, async () => {
    await runPreScript(run);
    return whileFrozen(run, engineOf(run));
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
  return settle(run, () => engineOf(run)(run));
}

async function settle(run: SourceRun, work: () => Promise<Ending>): Promise<Ending> {
  try {
    return await withinTime(run.source.timeoutMs, placeOf(run), work);
  } catch (error) {
    const failure = failureOfActivity(error, placeOf(run));
    const said = evidenceOfActivity(error);
    return { status: statusOf(failure), failure, ...(said === undefined ? {} : { said }) };
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
