import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScriptJob, ScriptResult, ScriptRunner } from '../../src/providers/remote/script-runner.js';

export interface CollectedRun extends ScriptResult {
  readonly stdout: Buffer;
}

/** Runs a script to its end and reads all that it prints. */
export async function runToEnd(
  runner: ScriptRunner,
  job: Partial<ScriptJob> & { body: string },
): Promise<CollectedRun> {
  const running = runner.start({ what: 'try', stdout: 'pipe', signal: new AbortController().signal, ...job });
  const chunks: Buffer[] = [];
  for await (const chunk of running.stdout ?? []) chunks.push(chunk as Buffer);
  return { ...(await running.finished), stdout: Buffer.concat(chunks) };
}

/** Resolves when the process with this id has ended. */
export async function processGone(pid: number): Promise<void> {
  while (await isAlive(pid)) await delay(20);
}

export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // A zombie has ended; it only waits for its parent to notice.
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}
