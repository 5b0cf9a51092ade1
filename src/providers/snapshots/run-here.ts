import { byteStringOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { ScriptRunner } from '../remote/script-runner.js';

export interface LocalScript {
  /** For messages: `make the snapshot /…`. */
  readonly what: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a script on this machine and returns what it printed, as a byte string. @throws HoldfastError SnapshotFailed when its status is not 0 */
export async function runHere(runner: ScriptRunner, { what, body, signal }: LocalScript): Promise<string> {
  const running = runner.start({ what, body, stdout: 'pipe', signal });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  }
  const { status, stderrLines } = await running.finished;
  if (status !== 0) throw failed(what, status, stderrLines);
  if (sizeBytes > MAX_OUTPUT_BYTES)
    throw new HoldfastError('SnapshotFailed', `${what}: it printed more than ${MAX_OUTPUT_BYTES} bytes`);
  return byteStringOf(Buffer.concat(chunks));
}

function failed(what: string, status: number, stderrLines: readonly string[]): HoldfastError {
  const said = stderrLines
    .filter((line) => line.trim() !== '')
    .slice(-3)
    .join('; ');
  const text = Buffer.from(said, 'latin1').toString('utf8');
  if (/No space left on device|Disk quota exceeded/.test(text))
    return new HoldfastError('SnapshotFailed', `${what}: there is no room left (${text})`);
  if (status === 127) return new HoldfastError('ToolMissing', `${what}: ${text}`);
  return new HoldfastError('SnapshotFailed', `${what}: status ${status}: ${text === '' ? 'no message' : text}`);
}
