import { ApplicationFailure } from '@temporalio/common';
import type { RunScriptResult } from '../../activities/contract.js';
import type { Status } from '../../core/statuses.js';
import { patient, standard, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { scriptFailedMessage } from './source-errors.js';
import { placeOf, subjectOf, type SourceRun } from './source-run.js';

/** The script ends itself at its own limit and says so; this is for a worker that cannot. */
const SCRIPT_GRACE_MS = 60_000;

/** Throws when the script failed: then the source is not in the state it must be read in. */
export async function runPreScript(run: SourceRun): Promise<void> {
  if (run.source.preScript === undefined) return;
  run.tell({ step: 'pre script' });
  await runScript(run, 'pre');
}

/** Throws when the script failed. Waits for a host that is away, half an hour if need be: what the pre script stopped wants to be started again. */
export async function runPostScript(run: SourceRun, status: Status): Promise<void> {
  if (run.source.postScript === undefined) return;
  run.tell({ step: 'post script' });
  await runScript(run, 'post', status);
}

async function runScript(run: SourceRun, phase: 'pre' | 'post', status?: Status): Promise<void> {
  const script = phase === 'pre' ? run.source.preScript : run.source.postScript;
  if (script === undefined) return;
  const { runScript: activity } = phase === 'pre' ? standard : patient;
  const timing = { startToCloseTimeout: script.timeoutMs + SCRIPT_GRACE_MS };
  const input = { ...subjectOf(run), phase, ...(status === undefined ? {} : { status }) };
  try {
    const result = await step(`${run.source.name}: ${phase} script ${script.name}`, activity, input, timing);
    run.scripts.push({ phase, name: script.name, result });
    refuseExitCode(run, phase, script.name, result);
  } catch (error) {
    if (!run.scripts.some((outcome) => outcome.phase === phase)) {
      run.scripts.push({ phase, name: script.name, failure: failureOfActivity(error, placeOf(run)) });
    }
    throw error;
  }
}

function refuseExitCode(run: SourceRun, phase: 'pre' | 'post', name: string, result: RunScriptResult): void {
  if (result.exitCode === 0) return;
  const message = scriptFailedMessage(phase, name, result);
  throw ApplicationFailure.create({ type: 'HookFailed', message, nonRetryable: true, details: [placeOf(run)] });
}
