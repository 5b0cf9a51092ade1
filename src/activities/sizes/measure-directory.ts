import { lstat, stat, statfs } from 'node:fs/promises';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { btrfsDuBody, type BtrfsUsage, duBody, DuSum, judgeDu, parseBtrfsDu } from '../../core/sizes/du.js';
import { REMARKS_AT_MOST, type SizeFigures } from '../../core/sizes/sizes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { OutputTail } from '../hosts/output-tail.js';

export interface DirectoryToMeasure {
  /** Absolute, on this machine. */
  readonly path: string;
  readonly limitMs: number;
  /** A link to a directory counts as one. */
  readonly mayBeLink: boolean;
}

/** statfs(2). */
const BTRFS_MAGIC = 0x9123683e;
const BTRFS_OUTPUT_BYTES = 64 * 1024;

/** What a directory takes up; undefined when it is not there, or not any more. Throws ToolMissing without du. */
export async function measureDirectory(
  providers: Providers,
  control: ActivityControl,
  directory: DirectoryToMeasure,
): Promise<SizeFigures | undefined> {
  const until = Date.now() + directory.limitMs;
  if (!(await isThere(directory))) return undefined;
  const blocks = await countBlocks(providers, control, directory);
  if (!(await isThere(directory))) return undefined;
  const leftMs = until - Date.now();
  const usage =
    blocks.inTime && leftMs > 0 ? await btrfsUsage(providers, control, { ...directory, limitMs: leftMs }) : {};
  return {
    totalBytes: blocks.totalBytes,
    ...(usage.found ?? {}),
    complete: blocks.complete,
    remarks: [...blocks.remarks, ...(usage.remark === undefined ? [] : [usage.remark])].slice(0, REMARKS_AT_MOST),
  };
}

async function isThere({ path, mayBeLink }: DirectoryToMeasure): Promise<boolean> {
  try {
    return (await (mayBeLink ? stat : lstat)(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return false;
    throw error;
  }
}

interface Blocks {
  readonly totalBytes: number;
  readonly complete: boolean;
  readonly inTime: boolean;
  readonly remarks: readonly string[];
}

async function countBlocks(
  { localRunner }: Providers,
  control: ActivityControl,
  { path, limitMs }: DirectoryToMeasure,
): Promise<Blocks> {
  const what = `measure ${path}`;
  const { signal } = control;
  const running = localRunner.start({ what, body: duBody(path), stdout: 'pipe', signal, timeoutMs: limitMs });
  const sum = new DuSum();
  try {
    for await (const chunk of running.stdout ?? []) {
      sum.add(chunk as Buffer);
      control.progress({ path, bytes: sum.totalBytes, directories: sum.directories });
    }
    const { status, stderrLines, stderrTruncated } = await running.finished;
    if (status === 127) throw new HoldfastError('ToolMissing', stderrLines.at(-1) ?? 'there is no du on the worker');
    if (sum.garbled) throw new HoldfastError('InternalError', `du said something else than sizes of ${path}`);
    const judged = judgeDu({ status, lines: stderrLines, linesTruncated: stderrTruncated });
    return { totalBytes: sum.totalBytes, inTime: true, ...judged };
  } catch (error) {
    if (!isHoldfastError(error) || error.type !== 'TimedOut' || signal.aborted) throw error;
    const remark = `stopped after ${Math.round(limitMs / 1000)} s, its time limit, with ${sum.directories} directories counted`;
    return { totalBytes: sum.totalBytes, complete: false, inTime: false, remarks: [remark] };
  }
}

/** What it shares with others, where the file system tells. Without it the size is known all the same. */
async function btrfsUsage(
  { localRunner }: Providers,
  { signal }: ActivityControl,
  { path, limitMs }: DirectoryToMeasure,
): Promise<{ readonly found?: BtrfsUsage; readonly remark?: string }> {
  if ((await statfs(path).catch(() => undefined))?.type !== BTRFS_MAGIC) return {};
  try {
    const what = `see what ${path} shares`;
    const running = localRunner.start({ what, body: btrfsDuBody(path), stdout: 'pipe', signal, timeoutMs: limitMs });
    const output = new OutputTail(BTRFS_OUTPUT_BYTES);
    for await (const chunk of running.stdout ?? []) output.add(chunk as Buffer);
    const { status, stderrLines } = await running.finished;
    const found = status === 0 ? parseBtrfsDu(output.text()) : undefined;
    if (found !== undefined) return { found };
    return {
      remark: `what it shares is not known: ${stderrLines.at(-1) ?? `btrfs ended with status ${status}`}`.slice(0, 300),
    };
  } catch (error) {
    if (!isHoldfastError(error) || error.type !== 'TimedOut' || signal.aborted) throw error;
    return { remark: 'what it shares is not known: there was no time left to see' };
  }
}
