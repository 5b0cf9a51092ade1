import { bytesOf, textOf } from '../../core/entries/entry.js';
import { hashIn } from '../../core/extents/report.js';
import { type ExtentPiece, writeExtentsScript } from '../../core/extents/restore-script.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { isCompressed } from '../../core/archive/manifest-keys.js';
import type { RunningScript, ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ExtentToWrite, LargeFile } from './large-files.js';
import { marked, saidBy } from './run-script.js';
import { assertTargetStep } from './target-failures.js';
import type { TargetMachine } from './target-machine.js';
import { pour } from './unpack.js';

export interface ExtentsPlace {
  readonly runner: ScriptRunner;
  readonly target: TargetMachine;
  /** Compressed content is decompressed where it is written. */
  readonly zstdThere: boolean;
}

/** Extents of one file that one session writes. */
export interface ExtentsRun {
  readonly file: LargeFile;
  readonly extents: readonly ExtentToWrite[];
  /** How each comes to the target's machine. */
  readonly from: (extent: ExtentToWrite) => ExtentPiece['from'];
  /** What is sent to it, if anything is. */
  readonly bytes?: AsyncIterable<Buffer>;
}

/** Writes a run, and tells how many extents stand as the map says. Throws ObjectDamaged naming the first that does not. */
export async function writeExtents(
  { runner, target, zstdThere }: ExtentsPlace,
  { file, extents, from, bytes }: ExtentsRun,
  signal: AbortSignal,
  onWritten: (extents: number) => void,
): Promise<void> {
  const pieces = extents.map((extent): ExtentPiece => {
    const { key, offsetBytes, lengthBytes = file.sizeBytes - offsetBytes, stored } = extent;
    const compressed = zstdThere && isCompressed(key);
    return { offsetBytes, lengthBytes, contentSha256: stored.contentSha256, compressed, from: from(extent) };
  });
  const what = `write ${textOf(file.path)} at ${pieces[0]?.offsetBytes ?? 0} in ${target.path}`;
  const running = runner.start({
    what,
    body: marked(writeExtentsScript(pieces)),
    list: bytesOf(`${file.temporary}\0`),
    stdout: 'pipe',
    environment: { HOLDFAST_TARGET: target.path },
    signal,
    ...(bytes === undefined ? {} : { stdin: 'pipe' as const }),
  });
  const printing = printed(running, onWritten);
  // Its failure is that of the session, which may come while bytes are still being sent.
  printing.catch(() => undefined);
  const broken: unknown = bytes && (await pour(bytes, running).catch((error: unknown) => error));
  // What cannot be read causes all that follows; a pipe that breaks is a consequence, and the script says of what.
  if (isHoldfastError(broken)) throw broken;
  const [lines, result] = await Promise.all([printing, running.finished]);
  for (const [at, extent] of extents.entries()) {
    const isRight = hashIn(lines[at] ?? '') === extent.stored.contentSha256;
    judge(what, runner.machine, extent, stagesOf(result, at, pieces[at]?.compressed === true), isRight, result);
  }
  assertTargetStep(what, runner.machine, result);
  if (broken instanceof Error) throw broken;
}

/** The lines of a script's output; tells how many there are. */
async function printed({ stdout, finished }: RunningScript, onLines: (lines: number) => void): Promise<string[]> {
  let text = '';
  try {
    for await (const chunk of stdout ?? []) {
      text += (chunk as Buffer).toString('latin1');
      onLines(text.split('\n').length - 1);
    }
  } catch {
    // The session's end tells why.
    await finished;
  }
  return text.split('\n');
}

type Stage = readonly [name: string, status: number | undefined];

const stagesOf = ({ stages }: ScriptResult, at: number, compressed: boolean): readonly Stage[] =>
  [...(compressed ? ['zstd'] : []), 'write', 'read', 'sum'].map((name) => [name, stages[`${name}-${at}`]]);

const BROKEN_PIPE = 128 + 13;
/** zstd's own for content that it cannot decompress; and what it dies of when there is more of it than its place has. */
const CANNOT_DECOMPRESS = new Set([1, BROKEN_PIPE]);

function judge(
  what: string,
  machine: string,
  { key, stored }: ExtentToWrite,
  stages: readonly Stage[],
  isRight: boolean,
  result: ScriptResult,
): void {
  const failed = stages.filter(([, status]) => status !== 0);
  if (failed.length === 0 && isRight) return;
  const isBad = ([name, status]: Stage): boolean => name === 'zstd' && CANNOT_DECOMPRESS.has(status ?? 0);
  if (failed.every(isBad)) {
    const said = saidBy(result).map(textOf).join('; ');
    const reason = failed.length === 0 ? 'its content is not the one recorded' : `it does not decompress: ${said}`;
    throw new HoldfastError('ObjectDamaged', `backup ${stored.backupId}: ${key} is damaged: ${reason}`);
  }
  // A program that was killed has said nothing of the target; the shell's word on it is no reason.
  const isKilled = failed.some(([, status = 0]) => status > 128 && status !== BROKEN_PIPE);
  if (!isKilled) assertTargetStep(what, machine, result);
  const how = failed.map(([name, status]) => `${name} ended with status ${status ?? 'unknown'}`).join(', ');
  throw new HoldfastError('TransferInterrupted', `${machine}: could not ${what}: ${how}`);
}
