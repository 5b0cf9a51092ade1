import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { childEnvironment } from '../../core/child-environment.js';
import type { ScriptJob } from './script-runner.js';

/** A session's process on this machine, in a process group of its own: Ctrl-C in the worker's terminal must not reach it before the worker decides. */
export function startProcess(
  [program, ...words]: readonly [program: string, ...words: string[]],
  stdout: ScriptJob['stdout'],
): ChildProcess {
  return spawn(program, words, {
    stdio: ['pipe', stdout === 'pipe' ? 'pipe' : stdout.fd, 'pipe'],
    detached: true,
    cwd: '/',
    env: childEnvironment(process.env),
  });
}
