import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { byteStringOfText } from '../../core/entries/entry.js';
import { parseItemized } from '../../core/rsync/itemized.js';
import { SYNC_OUTPUT } from '../../core/rsync/options.js';
import type { RsyncOutcome } from '../../core/rsync/outcome.js';
import { combinedStatistics } from '../../core/rsync/statistics.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { type CopyJob, copyFromHost } from './copy-from-host.js';
import { type OpenMirror, withWriteOptions } from './open-mirror.js';

export interface MirrorCopyJob extends Omit<CopyJob, 'words' | 'writes'> {
  /** rsync stops deleting beyond it. */
  readonly maxDeletions?: number;
}

/** Both ends must be of 3.1.3 or later to have both. */
const NOT_TOGETHER = /--sparse cannot be used with --inplace/;

/**
 * Copies the host's directory into the mirror. What was written in place under several names is copied once more, otherwise: rsync(1) warns that a
 * file written in place changes under all its names, also those that are files of their own on the host by now; the last writer wins, with exit code 0.
 */
export async function copyIntoMirror(
  providers: Providers,
  control: ActivityControl,
  mirror: OpenMirror,
  job: MirrorCopyJob,
): Promise<RsyncOutcome> {
  const copy = (to: OpenMirror, onLine: (line: string) => void, maxDeletions = job.maxDeletions) =>
    copyFromHost(providers, control, to, {
      ...job,
      words: [...SYNC_OUTPUT, ...namesOf(to), ...deletionLimit(to, maxDeletions)],
      onLine,
      writes: true,
    });
  const elsewhere = withWriteOptions(mirror, { sparse: mirror.writing?.sparse ?? true, inPlace: 'forbidden' });
  const links = new WrittenLinks(mirror);
  const first = await copy(mirror, (line) => {
    if (!links.add(line)) job.onLine(line);
  });
  if (!mirror.options.inPlace) return first;
  if (first.kind === 'failed' && NOT_TOGETHER.test(first.message)) return copy(elsewhere, job.onLine);
  if (first.kind === 'failed' || !links.found) return first;
  const left = job.maxDeletions === undefined ? undefined : job.maxDeletions - first.statistics.filesDeleted;
  const second = await copy(elsewhere, job.onLine, left);
  if (second.kind === 'failed') return { ...second, touchedNothing: false };
  return { ...second, statistics: combinedStatistics(first.statistics, second.statistics) };
}

const namesOf = ({ options }: OpenMirror): string[] => (options.inPlace ? ['--out-format=@@%i %n'] : []);

const deletionLimit = ({ options }: OpenMirror, maxDeletions: number | undefined): string[] =>
  options.deletes && maxDeletions !== undefined ? [`--max-delete=${Math.max(0, maxDeletions)}`] : [];

/** Whether a file that rsync updates has further names in the mirror. */
class WrittenLinks {
  found = false;

  constructor(private readonly mirror: OpenMirror) {}

  /** True when the line named a change. */
  add(line: string): boolean {
    const change = parseItemized(line);
    if (change?.kind === 'changed' && line.startsWith('@@>f') && !this.found) this.found = this.isLinked(change.path);
    return change !== undefined;
  }

  private isLinked(path: string): boolean {
    const whole = Buffer.from(join(byteStringOfText(this.mirror.paths.mirror), path), 'latin1');
    return (lstatSync(whole, { throwIfNoEntry: false })?.nlink ?? 1) > 1;
  }
}
