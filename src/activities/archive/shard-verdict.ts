import { textOf } from '../../core/entries/entry.js';
import { evidenceLines } from '../../core/errors/evidence.js';
import type { FailurePlace, FailureType } from '../../core/failures.js';
import { HoldfastError } from '../../core/failures.js';
import type { CompressorCounts } from '../../core/archive/tar-byte-counts.js';
import type { TarReport } from '../../core/archive/tar-outcome.js';
import type { CompressOn } from '../../core/archive/tar-script.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import { sourceFailure } from './source-status.js';

export interface ShardEvidence {
  readonly result: ScriptResult;
  readonly report: TarReport;
  readonly compressOn: CompressOn;
  /** What the compressor said, wherever it ran. */
  readonly compressed: CompressorCounts | undefined;
  /** Bytes that arrived of the compressor's output, before encryption. */
  readonly contentBytes: number;
  /** Bytes that the destination's writer got. */
  readonly storedBytes: number;
}

export interface ShardBytes {
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/**
 * Whether a shard is whole: every stage ended well, tar wrote its end, and the counts of tar, the compressor and the destination agree.
 * Throws otherwise; a stage that was killed and counts that differ are TransferInterrupted, worth another attempt.
 */
export function judgeShard(evidence: ShardEvidence, what: string, path: string, place: FailurePlace): ShardBytes {
  const { result, report, compressed, contentBytes, storedBytes } = evidence;
  const lines = evidenceLines(report.unknown.map(textOf));
  const fail = (type: FailureType, reason: string): HoldfastError =>
    new HoldfastError(type, `${what} was not written: ${reason}`, place, { evidence: { lines } });

  const cannotEnter = sourceFailure(result, path, place);
  if (cannotEnter) throw cannotEnter;
  const stages = evidence.compressOn === 'host' ? ['tar', 'zstd', 'report'] : ['tar', 'report'];
  // tar may have been killed by the closed pipe of a zstd that is missing: what is missing is the cause, and comes first.
  const missing = stages.find((stage) => result.stages[stage] === 127);
  if (missing !== undefined) throw fail('ToolMissing', `the host has no ${missing}`);
  for (const stage of stages) {
    const status = result.stages[stage];
    if (status === undefined) throw fail('TransferInterrupted', `${stage} on the host never reported its end`);
    if (status > 128) throw fail('TransferInterrupted', `${stage} on the host was killed (status ${status})`);
  }
  const problem = report.tarProblem(result.stages['tar']);
  if (problem !== undefined) throw fail('RemoteCommandFailed', `tar ${problem}`);
  const bad = stages.find((stage) => stage !== 'tar' && result.stages[stage] !== 0);
  if (bad !== undefined) throw fail('RemoteCommandFailed', `${bad} ended with status ${result.stages[bad]}`);
  if (result.status !== 0) throw fail('RemoteCommandFailed', `the script ended with status ${result.status}`);

  if (evidence.compressOn === 'none') {
    if (report.total === contentBytes) return { rawBytes: contentBytes, storedBytes };
    throw fail('TransferInterrupted', `byte counts differ: tar wrote ${report.total}, ${contentBytes} arrived`);
  }
  if (compressed?.bytesIn !== report.total || compressed?.bytesOut !== contentBytes) {
    const counts = `tar wrote ${report.total}, zstd read ${compressed?.bytesIn} and wrote ${compressed?.bytesOut}`;
    throw fail('TransferInterrupted', `byte counts differ: ${counts}, ${contentBytes} arrived`);
  }
  return { rawBytes: compressed?.bytesIn ?? 0, storedBytes };
}
