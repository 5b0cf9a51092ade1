import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const HOLDFAST = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

/** A command of ours that runs, as its user would start it. */
export interface RunningCli {
  readonly pid: number;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until standard output matches; rejects with all output when the command ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** What the test runner or its surroundings set, and a user's shell does not. */
const NOT_INHERITED = /^(TEMPORAL_|(NO_COLOR|FORCE_COLOR|CI)$)/;

/** Starts `bin/holdfast` without any Temporal settings of this machine. It stays in the foreground: `kill` reaches node itself, by exec. */
export function startCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): RunningCli {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const child = spawn(HOLDFAST, args, {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    until: (pattern) => untilMatch(child, pattern, output, ended),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly exit: number | NodeJS.Signals; readonly stdout: string; readonly stderr: string }> {
  const cli = startCli(args, environment);
  const exit = await cli.ended;
  return { exit, stdout: cli.stdout(), stderr: cli.stderr() };
}

function untilMatch(
  child: ChildProcess,
  pattern: RegExp,
  output: { readonly stdout: string; readonly stderr: string },
  ended: Promise<number | NodeJS.Signals>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(output.stdout);
      if (match) resolve(match);
    };
    child.stdout?.on('data', look);
    look();
    void ended.then((exit) =>
      reject(new Error(`ended with ${exit} before ${pattern}\n${output.stdout}\n${output.stderr}`)),
    );
  });
}
