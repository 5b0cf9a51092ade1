import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { FailurePlace, FailureType } from '../../core/failures.js';
import type { ScriptPlan } from '../../core/plan.js';
import { interpreterOf, scriptBody } from '../../core/ssh/script-body.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RunScriptInput, RunScriptResult } from '../contract.js';
import { findScript } from './script-file.js';
import { lastWords, runScriptProcess } from './script-process.js';

const MAX_OUTPUT_BYTES = 4096;

/**
 * Runs a source's pre or post script, on the host or on this machine. It runs at least once: a script must bear to be
 * run again.
 *
 * Throws HookNotFound, HookFailed (any status but 0), HookTimedOut (its whole process group is dead then), Cancelled,
 * and what the host's session may throw.
 */
export async function runScript(
  providers: Providers,
  control: ActivityControl,
  input: RunScriptInput,
): Promise<RunScriptResult> {
  const plan = input.phase === 'pre' ? input.source.preScript : input.source.postScript;
  if (plan === undefined) throw new HoldfastError('InternalError', `there is no ${input.phase} script`, placeOf(input));
  const runner = plan.runOn === 'host' ? providers.runnerFor(input.host) : providers.localRunner;
  try {
    const result = await runOn(runner, control, plan, input);
    control.log('info', `${input.phase} script ${plan.name} ended`, { exitCode: result.exitCode });
    if (result.exitCode === 0) return result;
    throw new HoldfastError('HookFailed', failedMessage(runner, plan, input, result));
  } catch (error) {
    throw located(error, runner, plan, input);
  }
}

async function runOn(
  runner: ScriptRunner,
  control: ActivityControl,
  plan: ScriptPlan,
  input: RunScriptInput,
): Promise<RunScriptResult> {
  const { name, bytes } = await findScript(plan);
  const process = {
    what: `run the ${input.phase} script ${name}`,
    body: scriptBody(name, interpreterOf(bytes.subarray(0, 4096).toString('utf8'))),
    list: bytes,
    environment: scriptEnvironment(input),
    timeoutMs: plan.timeoutMs,
  };
  const { output, ...ended } = await runScriptProcess(runner, control, process, MAX_OUTPUT_BYTES);
  return { ...ended, output: output.text() };
}

function scriptEnvironment({ host, source, phase, run, status }: RunScriptInput): Record<string, string> {
  return {
    HOLDFAST_HOST: host.name,
    HOLDFAST_SOURCE: source.name,
    HOLDFAST_PATH: source.path,
    HOLDFAST_PHASE: phase,
    HOLDFAST_STATUS: status ?? '',
    HOLDFAST_RUN_ID: run.runId,
    HOLDFAST_WORKFLOW_ID: run.workflowId,
  };
}

function failedMessage(runner: ScriptRunner, plan: ScriptPlan, input: RunScriptInput, result: RunScriptResult): string {
  const said = lastWords(result.output);
  return `${runner.machine}: the ${input.phase} script ${plan.name} ended with status ${result.exitCode}: ${said}`;
}

const placeOf = ({ host, source }: RunScriptInput): FailurePlace => ({ host: host.name, source: source.name });

function located(error: unknown, runner: ScriptRunner, plan: ScriptPlan, input: RunScriptInput): unknown {
  if (!isHoldfastError(error)) return error;
  if (error.type !== 'TimedOut') return place(error.type, error.message, input, error);
  const limit = `${plan.timeoutMs / 1000} s`;
  const message = `${runner.machine}: the ${input.phase} script ${plan.name} ran longer than ${limit} and was killed`;
  return place('HookTimedOut', message, input, error);
}

function place(type: FailureType, message: string, input: RunScriptInput, cause: Error): HoldfastError {
  return new HoldfastError(type, message, placeOf(input), { cause });
}
