import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { childEnvironment } from '../../core/child-environment.js';
import { HoldfastError } from '../../core/failures.js';

/** How a process of age ended when it did not end well; `said` is its own explanation. */
export interface BadEnd {
  readonly how: string;
  readonly said: string;
  readonly killed: boolean;
}

export interface AgeProcess {
  readonly child: ChildProcess;
  /** Rejects with ToolMissing, Cancelled, or what `explain` makes of its end. */
  readonly ended: Promise<void>;
}

/**
 * Starts age with these words. It has no terminal to ask for a passphrase on: a key that needs one fails at once. It is killed when
 * `signal` fires.
 */
export function startAge(
  words: readonly string[],
  stdout: 'pipe' | number,
  explain: (end: BadEnd) => HoldfastError,
  signal?: AbortSignal,
): AgeProcess {
  const child = spawn('age', words, {
    stdio: ['pipe', stdout, 'pipe'],
    detached: true,
    cwd: '/',
    env: childEnvironment(process.env),
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-16_384);
  });
  // Its end is told by `ended`, with the reason.
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(cannotRun(error, signal)));
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(explain({ how: killedBy ?? `status ${code}`, said: reasonIn(said), killed: killedBy !== null }));
    });
  });
  ended.catch(() => undefined);
  return { child, ended };
}

function cannotRun(error: NodeJS.ErrnoException, signal: AbortSignal | undefined): HoldfastError {
  if (signal?.aborted) return new HoldfastError('Cancelled', 'age on this machine was stopped');
  if (error.code === 'ENOENT') return new HoldfastError('ToolMissing', 'this machine has no age on its PATH');
  return new HoldfastError('InternalError', `age could not be started: ${error.message}`);
}

/** Without age's request to report what is unexpected to its author. */
const reasonIn = (said: string): string =>
  said
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('age: report '))
    .map((line) => line.replace(/^age: (?:error: )?/, ''))
    .join('; ')
    .slice(-1000);
