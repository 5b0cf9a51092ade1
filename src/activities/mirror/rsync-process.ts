import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import { eachLine } from './line-splitter.js';
import { endProcessGroup } from './process-group.js';
import { rsyncEnvironment } from './rsync-environment.js';

export interface RsyncJob {
  readonly words: readonly string[];
  /** The mirror that it writes. */
  readonly mirror?: string;
  readonly signal: AbortSignal;
  /** Lines as byte strings. */
  readonly onOutput: (line: string) => void;
  readonly onError: (line: string) => void;
  /** What has come of a line of output that has not ended. */
  readonly onRest?: (rest: string) => void;
  /** Called once it runs; when this fails, rsync is ended and the failure thrown. */
  readonly onStart?: () => Promise<void>;
}

export interface RsyncExitStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/**
 * Runs rsync in a process group of its own, which is dead when this returns, however it returns. Throws Cancelled when `signal` fired, ToolMissing
 * when there is no rsync here.
 */
export async function runRsync(job: RsyncJob): Promise<RsyncExitStatus> {
  requireNotCancelled(job.signal);
  const child = spawn('rsync', job.words, {
    cwd: '/',
    env: rsyncEnvironment(process.env, job.mirror),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = untilClosed(child);
  const { pid } = child;
  if (pid === undefined) return ended;
  eachLine(child.stdout, job.onOutput, job.onRest);
  eachLine(child.stderr, job.onError);
  // What it could not end is tried again below, and reported there. A connection that is shared holds the output of a session whose process
  // on the host hangs: nobody reads on.
  const stop = (): void =>
    void endProcessGroup(pid)
      .then(() => [child.stdout, child.stderr].forEach((output) => output.destroy()))
      .catch(() => undefined);
  job.signal.addEventListener('abort', stop, { once: true });
  let endedWell = false;
  try {
    if (job.signal.aborted) stop();
    await job.onStart?.();
    const status = await ended;
    requireNotCancelled(job.signal);
    endedWell = status.exitCode === 0;
    return status;
  } finally {
    job.signal.removeEventListener('abort', stop);
    if (!endedWell) await endProcessGroup(pid);
    await ended;
  }
}

function untilClosed(child: ChildProcessByStdio<null, Readable, Readable>): Promise<RsyncExitStatus> {
  const ended = new Promise<RsyncExitStatus>((resolve, reject) => {
    child.once('error', (error) => reject(spawnFailure(error)));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  // Awaited later; a failure before that must not count as unhandled.
  ended.catch(() => undefined);
  return ended;
}

function spawnFailure(error: Error): HoldfastError {
  if ('code' in error && error.code === 'ENOENT')
    return new HoldfastError('ToolMissing', 'there is no rsync on the worker', {}, { cause: error });
  return new HoldfastError('RsyncFailed', `rsync could not be started: ${error.message}`, {}, { cause: error });
}

function requireNotCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new HoldfastError('Cancelled', 'rsync was ended: the run was cancelled');
}
