import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runningServer } from '../../src/client/embedded/record.js';
import { endProcess } from '../../src/client/processes.js';

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

/** What a command with `--json` printed. */
export interface JsonRun<Summary = Record<string, unknown>> {
  readonly exit: number | NodeJS.Signals;
  readonly stderr: string;
  readonly documents: readonly Record<string, unknown>[];
  /** Those of this `message_type`. */
  readonly of: (type: string) => readonly Record<string, unknown>[];
  /** The last one; empty when there is none. */
  readonly summary: Summary;
}

/** Runs a command with `--json` to its end; fails on output that is no JSON. */
export async function runJson<Summary = Record<string, unknown>>(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<JsonRun<Summary>> {
  const { exit, stdout, stderr } = await runCli(['--json', ...args], environment);
  const documents = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (type: string) => documents.filter((document) => document['message_type'] === type);
  return { exit, stderr, documents, of, summary: (documents.at(-1) ?? {}) as Summary };
}

/** Starts `holdfast up` and waits until it is ready. */
export async function startUp(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<RunningCli> {
  const up = startCli(['up', ...args], environment);
  await up.until(/^Ready/m);
  return up;
}

/** Ends `holdfast up` as a person would, and the embedded server, should it go on for somebody. */
export async function stopUp(up: RunningCli, stateDirectory: string): Promise<void> {
  up.kill('SIGTERM');
  await up.ended;
  const server = runningServer(stateDirectory);
  if (server) await endProcess(server.pid, 10_000);
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
