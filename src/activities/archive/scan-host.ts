import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../../core/entries/entry.js';
import type { FailurePlace } from '../../core/failures.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { readPathOf } from '../../core/plan.js';
import type { ScanComplaint } from '../../core/scan/complaints.js';
import { parseScanComplaints } from '../../core/scan/complaints.js';
import type { ScanLimits } from '../../core/scan/limits.js';
import type { HostFacts } from '../../core/scan/script.js';
import { factsIn, isReport, readFacts, saidLine, scanScript, TOOL_MISSING } from '../../core/scan/script.js';
import { lookPlanOf, readSourceLook, type SourceLook } from '../../core/scan/source-look.js';
import { zstdCounts } from '../../core/archive/tar-byte-counts.js';
import type { CompressOn } from '../../core/archive/tar-script.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import type { Providers } from '../activity-control.js';
import { sourceFailure } from './source-status.js';

const MAX_LINES = 200_000;

export interface HostScan {
  /** Sorted NUL-ended records on this machine, whole: every stage of the scan is known to have ended well. */
  readonly recordsFile: string;
  /** When it began, or the source was frozen, by the host's clock. */
  readonly scannedAtMs: number;
  readonly complaints: readonly ScanComplaint[];
  readonly tarVersion: string;
  readonly tarOptions: readonly string[];
  readonly compressOn: CompressOn;
  readonly compressor: string;
  readonly look: SourceLook;
}

/** Lists a source's entries into a file in `directory`, without what `limits` leave out for certain. */
export async function scanHost(
  providers: Providers,
  host: HostPlan,
  source: SourcePlan,
  directory: string,
  signal: AbortSignal,
  limits: ScanLimits = {},
): Promise<HostScan> {
  const place = { host: host.name, source: source.name };
  const recordsFile = join(directory, 'scan');
  const file = await open(recordsFile, 'wx', 0o600);
  const lines: string[] = [];
  try {
    const scan = providers.runnerFor(host).start({
      what: `scan ${source.path}`,
      body: scanScript(readPathOf(source), limits, lookPlanOf(source)),
      stdout: { fd: file.fd },
      signal,
      timeoutMs: source.timeoutMs,
      // A result keeps the last 10,000 lines only; a user without rights may be refused more often than that.
      onStderrLine: (line) => {
        if (lines.length <= MAX_LINES && isReport(line)) lines.push(line);
      },
    });
    return { recordsFile, ...judge(await scan.finished, lines, source, place) };
  } finally {
    await file.close();
  }
}

function judge(
  result: ScriptResult,
  lines: readonly string[],
  source: SourcePlan,
  place: FailurePlace,
): Omit<HostScan, 'recordsFile'> {
  const facts = readFacts(lines);
  const failed = sourceFailure(result, source.path, place);
  if (failed) throw failed;
  if (result.status === TOOL_MISSING) {
    throw new HoldfastError('ToolMissing', `the host has no ${facts.missing ?? 'tool that a scan needs'}`, place);
  }
  const said = lines.map(saidLine).filter((line) => line !== undefined);
  const { complaints, unknown } = parseScanComplaints(said);
  const problem = scanProblem(result, complaints, unknown);
  if (problem !== undefined) {
    const type = wasKilled(result) ? 'TransferInterrupted' : 'RemoteCommandFailed';
    throw new HoldfastError(type, `the scan of ${source.path} failed: ${problem}`, place);
  }
  return {
    scannedAtMs: Math.min(clockMs(facts, place), source.frozenAtMs ?? Number.POSITIVE_INFINITY),
    complaints,
    tarVersion: facts.tar,
    tarOptions: facts.tarOptions,
    ...compressor(facts, source, place),
    look: readSourceLook(factsIn(lines), source.markers ?? []),
  };
}

const wasKilled = ({ stages }: ScriptResult): boolean => Object.values(stages).some((status) => status > 128);

function scanProblem(
  { status, stages }: ScriptResult,
  complaints: readonly ScanComplaint[],
  unknown: readonly string[],
): string | undefined {
  if (complaints.length >= MAX_LINES) return `find complained about ${MAX_LINES} entries or more`;
  if (unknown.length > 0) return unknown.slice(0, 20).map(textOf).join(' | ');
  if (stages['sort'] !== 0) return `sort ended with status ${stages['sort'] ?? 'unknown'}`;
  if (stages['report'] !== 0 || status !== 0) return `the script ended with status ${status}`;
  if (stages['find'] === 0 && complaints.length === 0) return undefined;
  // find says 1 when it could not look at an entry, which it names.
  if (stages['find'] === 1 && complaints.length > 0) return undefined;
  return `find ended with status ${stages['find'] ?? 'unknown'}`;
}

function clockMs({ clock = '' }: HostFacts, place: FailurePlace): number {
  if (/^\d+\.\d{9}$/.test(clock)) return Math.floor(Number(clock) * 1000);
  throw new HoldfastError('ToolMissing', `the host’s date is not GNU date: it printed ${JSON.stringify(clock)}`, place);
}

/** zstd on the host spares the network; it must be one that tells exact counts. */
export function compressor(
  { zstd, zstdSays }: HostFacts,
  { archive: { compress = 'auto' } }: SourcePlan,
  place: FailurePlace,
): Pick<HostScan, 'compressOn' | 'compressor'> {
  if (compress === 'off') return { compressOn: 'none', compressor: 'none' };
  const isFit = zstd !== undefined && zstdSays.some((line) => zstdCounts(line)?.bytesIn === 1);
  if (compress === 'host' && !isFit) {
    const lack = zstd === undefined ? 'the host has no zstd' : 'the host’s zstd does not tell exact counts';
    throw new HoldfastError('ToolMissing', `${lack}, and compress: host asks for it`, place);
  }
  if (isFit && compress !== 'worker')
    return { compressOn: 'host', compressor: `zstd ${/ v([0-9.]+)/.exec(zstd)?.[1] ?? zstd}` };
  return { compressOn: 'worker', compressor: 'zstd on the worker' };
}
