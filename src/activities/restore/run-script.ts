import type { ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';

export interface WholeScript {
  readonly what: string;
  readonly body: string;
  readonly list?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Runs a script whose output is small, and gives it whole. */
export async function runWhole(
  runner: ScriptRunner,
  script: WholeScript,
): Promise<{ readonly output: Buffer; readonly result: ScriptResult }> {
  const running = runner.start({ ...script, stdout: 'pipe' });
  const chunks: Buffer[] = [];
  for await (const chunk of running.stdout ?? []) chunks.push(chunk as Buffer);
  return { output: Buffer.concat(chunks), result: await running.finished };
}
