import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl } from '../activity-control.js';
import { OutputTail } from './output-tail.js';

/** A person's script or command, as a body that a machine runs. */
export interface ScriptProcess {
  /** For messages: `run the pre script stop_apache`. */
  readonly what: string;
  readonly body: string;
  readonly list?: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface EndedScript {
  readonly exitCode: number;
  readonly durationMs: number;
  readonly output: OutputTail;
}

/** Runs it to its end, and keeps the last `keptBytes` of what it prints. Throws TimedOut, Cancelled, and what the machine's session throws. */
export async function runScriptProcess(
  runner: ScriptRunner,
  control: ActivityControl,
  process: ScriptProcess,
  keptBytes: number,
): Promise<EndedScript> {
  const startedAtMs = Date.now();
  const running = runner.start({ ...process, stdout: 'pipe', signal: control.signal });
  const output = new OutputTail(keptBytes);
  for await (const chunk of running.stdout ?? []) {
    output.add(chunk as Buffer);
    control.progress({ outputBytes: output.totalBytes });
  }
  const { status, stderrLines } = await running.finished;
  // Only the shell that starts it speaks there.
  for (const line of stderrLines) output.add(Buffer.from(`${line}\n`, 'latin1'));
  return { exitCode: status, durationMs: Date.now() - startedAtMs, output };
}

/** The end of an output as part of a message. */
export function lastWords(output: string): string {
  const lastLines = output.trim().split('\n').slice(-10).join('\n');
  return lastLines === '' ? 'it printed nothing' : lastLines;
}
