import { HoldfastError, isHoldfastError, type FailurePlace, type FailureType } from '../../core/failures.js';
import { hookName } from '../../core/hooks/hooks.js';
import { commandBody, interpreterOf, scriptBody } from '../../core/ssh/script-body.js';
import { visibleText } from '../../core/entries/visible-text.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RunHookInput, RunHookResult } from '../contract.js';
import { OutputTail } from './output-tail.js';
import { findScript } from './script-file.js';
import { lastWords, runScriptProcess, type EndedScript, type ScriptProcess } from './script-process.js';

/** What the worker's log gets of a hook that failed, and what a result shows. */
const KEPT_BYTES = 64 * 1024;
const SHOWN_BYTES = 4 * 1024;

/** See `HookActivities`. */
export async function runHook(
  providers: Providers,
  control: ActivityControl,
  input: RunHookInput,
): Promise<RunHookResult> {
  const runner = runnerOf(providers, input);
  try {
    const ended = await runScriptProcess(runner, control, await processOf(control, input), KEPT_BYTES);
    const { exitCode, durationMs } = ended;
    if (exitCode !== 0) throw failed(runner, control, input, ended);
    control.log('info', `${labelOf(input)} ended`, { durationMs });
    return { durationMs, output: shown(ended) };
  } catch (error) {
    throw located(error, runner, input);
  }
}

function runnerOf(providers: Providers, { hook, machine }: RunHookInput): ScriptRunner {
  if (hook.where === 'worker') return providers.localRunner;
  if (machine !== undefined) return providers.runnerFor(machine);
  throw new HoldfastError('InternalError', `there is no host to run the hook ${hookName(hook)} on`);
}

async function processOf(control: ActivityControl, input: RunHookInput): Promise<ScriptProcess> {
  const { hook } = input;
  const common = {
    what: `run the ${labelOf(input)}`,
    environment: { ...input.environment, HOLDFAST_ATTEMPT: String(control.attempt) },
    timeoutMs: hook.timeoutMs,
  };
  if ('command' in hook.run) return { ...common, body: commandBody(hook.run.command) };
  const { name, bytes } = await findScript({ name: hook.run.script, scriptsDir: hook.run.scriptsDir });
  return { ...common, body: scriptBody(name, interpreterOf(bytes.subarray(0, 4096).toString('utf8'))), list: bytes };
}

/** Bytes that are not text, and a character cut in two at the beginning, are the tail's business. */
function shown({ output }: Pick<EndedScript, 'output'>): string {
  const tail = new OutputTail(SHOWN_BYTES);
  tail.add(Buffer.from(output.text()));
  return tail.text();
}

function failed(runner: ScriptRunner, control: ActivityControl, input: RunHookInput, ended: EndedScript): Error {
  control.log('warn', `${labelOf(input)} failed`, { exitCode: ended.exitCode, output: ended.output.text() });
  const said = visibleText(lastWords(shown(ended)));
  return new HoldfastError(
    'HookFailed',
    `${runner.machine}: the ${labelOf(input)} ended with status ${ended.exitCode}: ${said}`,
  );
}

function located(error: unknown, runner: ScriptRunner, input: RunHookInput): unknown {
  if (!isHoldfastError(error)) return error;
  if (error.type !== 'TimedOut') return place(error.type, error.message, input, error);
  const limit = `${input.hook.timeoutMs / 1000} s`;
  const message = `${runner.machine}: the ${labelOf(input)} ran longer than ${limit} and was killed`;
  return place('HookTimedOut', message, input, error);
}

const labelOf = ({ hook }: RunHookInput): string => `${hook.on} hook ${hookName(hook)}`;

function place(type: FailureType, message: string, { host, source }: RunHookInput, cause: Error): HoldfastError {
  const where: FailurePlace = {
    ...(host === undefined ? {} : { host }),
    ...(source === undefined ? {} : { source }),
  };
  return new HoldfastError(type, message, where, { cause });
}
