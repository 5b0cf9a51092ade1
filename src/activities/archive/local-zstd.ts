import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { HoldfastError } from '../../core/failures.js';

/** A zstd process of this machine; `ended` resolves with what it said when it ended well. */
export interface LocalZstd {
  readonly child: ChildProcess;
  /** Lines of its standard error. Rejects with ToolMissing, Cancelled or TransferInterrupted. */
  readonly ended: Promise<readonly string[]>;
}

type Stdio = 'pipe' | 'ignore' | number;

/** Starts zstd with these options; it is killed when `signal` fires. */
export function startZstd(
  options: readonly string[],
  stdio: { readonly stdin: Stdio; readonly stdout: Stdio },
  signal: AbortSignal,
): LocalZstd {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child = spawn('zstd', options, {
    stdio: [stdio.stdin, stdio.stdout, 'pipe'],
    env: { PATH, LC_ALL: 'C' },
    killSignal: 'SIGKILL',
    signal,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-65_536);
  });
  // Its end is told by `ended`, with the reason.
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<readonly string[]>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(cannotRun(error, signal)));
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(said.split('\n'));
      else reject(endedBadly(code, killedBy, said));
    });
  });
  ended.catch(() => undefined);
  return { child, ended };
}

function cannotRun(error: NodeJS.ErrnoException, signal: AbortSignal): HoldfastError {
  if (signal.aborted) return new HoldfastError('Cancelled', 'zstd on this machine was stopped');
  if (error.code === 'ENOENT') return new HoldfastError('ToolMissing', 'this machine has no zstd on its PATH');
  return new HoldfastError('InternalError', `zstd could not be started: ${error.message}`);
}

function endedBadly(code: number | null, killedBy: string | null, said: string): HoldfastError {
  const how = killedBy ?? `status ${code}`;
  return new HoldfastError(
    'TransferInterrupted',
    `zstd on this machine ended with ${how}: ${said.trim().slice(-1000)}`,
  );
}
