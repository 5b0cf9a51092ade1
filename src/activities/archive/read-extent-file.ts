import { bytesOf, textOf } from '../../core/entries/entry.js';
import type { ExtentFile } from '../../core/extents/layout.js';
import { extentRange } from '../../core/extents/layout.js';
import type { FileState } from '../../core/extents/report.js';
import { DD_COMPLAINT, hashIn, readFileState } from '../../core/extents/report.js';
import { hashRangesScript, lookAtFileScript } from '../../core/extents/script.js';
import { HoldfastError } from '../../core/failures.js';
import { readPathOf } from '../../core/plan.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { saidLine } from '../../core/scan/script.js';
import type { DataRange } from '../../core/extents/sparse-map.js';
import { readSparseMap } from '../../core/extents/sparse-map.js';
import type { ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { FileFlaw } from './file-flaw.js';
import { readFlaw } from './file-flaw.js';
import { sourceFailure } from './source-status.js';

/** A large file on its host. */
export interface ExtentFileOnHost {
  readonly runner: ScriptRunner;
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly file: ExtentFile;
}

export const listOf = (file: ExtentFile): Buffer => bytesOf(`${file.path}\0`);

export const placeOf = ({ host, source }: ExtentFileOnHost): { host: string; source: string } => ({
  host: host.name,
  source: source.name,
});

export interface FileLook {
  readonly state: FileState;
  /** Undefined: not asked for, or not to be found out without reading. */
  readonly data?: readonly DataRange[];
}

/** Looks at the file; with `sparse` also where it holds data. Gives the flaw when it is not there, or no file any more. */
export async function lookAtFile(
  on: ExtentFileOnHost,
  sparse: boolean,
  signal: AbortSignal,
): Promise<FileLook | FileFlaw> {
  const body = lookAtFileScript(readPathOf(on.source), sparse);
  const { output, said, result } = await runOn(on, 'look at', body, signal);
  assertEnded(on, result, ['report']);
  const lineEnd = output.indexOf(10);
  const state = readFileState(output.toString('latin1', 0, Math.max(0, lineEnd)));
  const status = result.stages['look'];
  if (status === undefined || status > 1) throw failed(on, `find ended with status ${status ?? 'unknown'}`);
  if (status === 1 || state === undefined) {
    if (said.length === 0) throw failed(on, 'find printed nothing');
    return readFlaw(said.at(-1) as string);
  }
  if (!state.isFile) return { verdict: 'unreadable', message: 'it is no longer a regular file' };
  const data = sparse ? readSparseMap(output.subarray(lineEnd + 1)) : undefined;
  return data === undefined ? { state } : { state, data };
}

/** SHA-256 of some of the file's extents, by number; or the flaw that was met. */
export async function hashExtents(
  on: ExtentFileOnHost,
  extents: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string> | FileFlaw> {
  if (extents.length === 0) return new Map();
  const ranges = extents.map((extent) => extentRange(on.file, extent));
  const body = hashRangesScript(readPathOf(on.source), ranges);
  const { output, said, result } = await runOn(on, 'hash extents of', body, signal);
  const errors = said.filter((line) => DD_COMPLAINT.test(line));
  if (errors.length > 0) return readFlaw(errors[0] as string);
  assertEnded(on, result, ['report', ...ranges.flatMap((_, at) => [`read-${at}`, `sum-${at}`])]);
  const hashes = output.toString('latin1').split('\n').slice(0, -1).map(hashIn);
  if (hashes.length !== extents.length || hashes.includes(undefined) || said.length > 0) {
    throw failed(on, `sha256sum said: ${[...said, ...output.toString('latin1').split('\n')].slice(0, 5).join(' | ')}`);
  }
  return new Map(extents.map((extent, at) => [extent, hashes[at] as string]));
}

async function runOn(
  on: ExtentFileOnHost,
  what: string,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly output: Buffer; readonly said: readonly string[]; readonly result: ScriptResult }> {
  const { runner, source, file } = on;
  const running = runner.start({
    what: `${what} ${textOf(file.path)} in ${source.path}`,
    body,
    list: listOf(file),
    stdout: 'pipe',
    signal,
    timeoutMs: source.timeoutMs,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of running.stdout ?? []) chunks.push(chunk as Buffer);
  const result = await running.finished;
  const cannotEnter = sourceFailure(result, source.path, placeOf(on));
  if (cannotEnter) throw cannotEnter;
  const said = result.stderrLines.map(saidLine).filter((line) => line !== undefined && line !== '') as string[];
  return { output: Buffer.concat(chunks), said, result };
}

/** Throws unless these stages are known to have ended well. */
export function assertEnded(on: ExtentFileOnHost, result: ScriptResult, stages: readonly string[]): void {
  // The stages before a missing one may have been killed by its closed pipe: what is missing is the cause, and comes first.
  const missing = stages.find((stage) => result.stages[stage] === 127);
  if (missing !== undefined) {
    throw new HoldfastError('ToolMissing', `the host has no tool for ${missing}`, placeOf(on));
  }
  for (const stage of stages) {
    const status = result.stages[stage];
    if (status === 0) continue;
    if (status === undefined || status > 128) {
      const how = status === undefined ? 'never reported its end' : `was killed (status ${status})`;
      throw new HoldfastError('TransferInterrupted', `${textOf(on.file.path)}: ${stage} ${how}`, placeOf(on));
    }
    throw failed(on, `${stage} ended with status ${status}`);
  }
  if (result.status !== 0) throw failed(on, `the script ended with status ${result.status}`);
}

export const failed = (on: ExtentFileOnHost, reason: string): HoldfastError =>
  new HoldfastError('RemoteCommandFailed', `${textOf(on.file.path)} could not be read: ${reason}`, placeOf(on));
