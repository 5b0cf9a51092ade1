import { byteStringOf } from '../../core/entries/entry.js';
import { type FailurePlace, HoldfastError } from '../../core/failures.js';
import type { SourcePlan } from '../../core/plan.js';
import { lookPlanOf, readSourceLook, type SourceLook, sourceLookLines } from '../../core/scan/source-look.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';

const MAX_OUTPUT_BYTES = 256 * 1024;

/** On which file system a source lies, and which of its markers are not there. Whether the source itself is there is for rsync to say. */
export async function lookAtSource(
  runner: ScriptRunner,
  source: SourcePlan,
  signal: AbortSignal,
  place: FailurePlace,
): Promise<SourceLook> {
  const what = `look at ${source.path}`;
  const body = `fact() { printf '%s %s\\n' "$1" "$2"; }\n${sourceLookLines(lookPlanOf(source))}\nexit 0`;
  const running = runner.start({ what, body, stdout: 'pipe', signal });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  }
  const { status } = await running.finished;
  if (status !== 0 || sizeBytes > MAX_OUTPUT_BYTES)
    throw new HoldfastError('RemoteCommandFailed', `to ${what} failed: status ${status}, ${sizeBytes} bytes`, place);
  const lines = byteStringOf(Buffer.concat(chunks)).split('\n');
  const facts = lines.map((line): readonly [string, string] => {
    const blank = line.indexOf(' ');
    return blank < 0 ? [line, ''] : [line.slice(0, blank), line.slice(blank + 1)];
  });
  return readSourceLook(facts, source.markers ?? []);
}
