import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { parseUnpackingComplaint, type UnpackingComplaint } from '../../core/restore/tar-complaints.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import { LISTS, type RestorePart } from './restore-spool.js';
import { saidBy } from './run-script.js';

/**
 * Decides what the end of an unpacking means. Complaints about single entries are kept in the spool for the report; everything else
 * that is not a good end is thrown.
 */
export async function judgeUnpacking(
  spool: string,
  part: RestorePart,
  machine: string,
  what: string,
  result: ScriptResult,
): Promise<void> {
  const { tar, zstd } = result.stages;
  const parsed = saidBy(result).map((line) => ({ line, complaint: parseUnpackingComplaint(line) }));
  const known = parsed.flatMap(({ complaint }) => (typeof complaint === 'object' ? [complaint] : []));
  const unknown = parsed.filter(({ complaint }) => complaint === 'unknown').map(({ line }) => textOf(line));
  const said = (lines: readonly string[]): string => `${machine}: could not ${what}: ${lines.slice(0, 5).join('; ')}`;
  throwIfTargetFailed(known, said);
  // tar that stops reading early ends zstd too; then tar's own status says why.
  const unreadable =
    zstd !== undefined && zstd !== 0 && (tar === 0 || unknown.some((line) => line.startsWith('zstd:')));
  if (unreadable) throw new HoldfastError('ObjectDamaged', said([`${part.key} cannot be decompressed`, ...unknown]));
  if (unknown.length > 0) throw new HoldfastError('RestoreIncomplete', said(unknown));
  if (tar === undefined) throw new HoldfastError('TransferInterrupted', said(['tar never reported its end']));
  const explained = tar === 0 ? result.status === 0 : known.length > 0;
  if (!explained)
    throw new HoldfastError('RestoreIncomplete', said([`tar ended with status ${tar} and did not say why`]));
  if (result.stderrTruncated) throw new HoldfastError('RestoreIncomplete', said(['more complaints than can be kept']));
  if (known.length > 0) {
    await appendFile(
      join(spool, LISTS.complaints),
      known.map((complaint) => `${JSON.stringify(complaint)}\n`).join(''),
    );
  }
}

function throwIfTargetFailed(known: readonly UnpackingComplaint[], said: (lines: readonly string[]) => string): void {
  const full = known.filter(({ kind }) => kind === 'full').map(({ message }) => textOf(message));
  if (full.length > 0) throw new HoldfastError('RestoreTargetFull', said(full));
  const readOnly = known.filter(({ kind }) => kind === 'read-only').map(({ message }) => textOf(message));
  if (readOnly.length > 0) throw new HoldfastError('RestoreTargetInvalid', said(readOnly));
}

/** Kept complaints, each once: a step that was repeated says them again. */
export async function readComplaints(spool: string): Promise<UnpackingComplaint[]> {
  const text = await readFile(join(spool, LISTS.complaints), 'utf8').catch(() => '');
  return [...new Set(text.split('\n'))].filter(Boolean).map((line) => JSON.parse(line) as UnpackingComplaint);
}
