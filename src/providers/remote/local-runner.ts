import { HoldfastError } from '../../core/failures.js';
import type { Machine } from './machine.js';
import type { RunningScript, ScriptJob, ScriptRunner } from './script-runner.js';
import { startSession } from './session.js';
import { bootstrapScript } from './wrapper.js';

const THIS_MACHINE: Machine = {
  label: 'this machine',
  place: {},
  command: (scriptBytes) => ['sh', '-c', bootstrapScript(scriptBytes)],
  explain: ({ code, signal }, stderrLines) =>
    new HoldfastError(
      'InternalError',
      `this machine: sh did not begin (${signal ?? `status ${code}`}): ${stderrLines.at(-1) ?? ''}`,
    ),
};

/** Runs scripts on this machine as a host would: the group dies with this process, however that ends. */
export class LocalRunner implements ScriptRunner {
  readonly machine = THIS_MACHINE.label;

  start(job: ScriptJob): RunningScript {
    return startSession(THIS_MACHINE, job);
  }
}
