import { saidLine } from '../../core/scan/script.js';
import type { ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';

/**
 * A body whose words on standard error can be told from what the login shell's start-up files print: they go to a file first and come out with
 * a mark before each line. Read them with `saidBy`.
 */
export const marked = (body: string): string => `( ${body}
) 2>"$HOLDFAST_SCRATCH/said"
status=$?
sed 's/^/holdfast-said /' "$HOLDFAST_SCRATCH/said" >&2
exit "$status"`;

/** What a marked body said, as byte strings, without empty lines. */
export const saidBy = (result: ScriptResult): string[] =>
  result.stderrLines.map(saidLine).filter((line) => line !== undefined && line !== '') as string[];

export interface WholeScript {
  readonly what: string;
  /** Will be marked. */
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
  const running = runner.start({ ...script, body: marked(script.body), stdout: 'pipe' });
  const chunks: Buffer[] = [];
  for await (const chunk of running.stdout ?? []) chunks.push(chunk as Buffer);
  return { output: Buffer.concat(chunks), result: await running.finished };
}
