import { basename, dirname } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { CopyIdentity } from '../../core/snapshots/identity.js';
import type { ScriptRunner } from '../remote/script-runner.js';
import { makeBtrfsSnapshot, makeSubvolume } from './btrfs-snapshot.js';
import { fittingMethod, isOnBtrfs } from './fitting.js';
import { identify } from './identify.js';
import { removeCopy } from './removal.js';
import type { CopyJob, FittingMethod, MadeCopy, SnapshotCopies } from './snapshot-copies.js';
import { makeHardLinkTree, makeReflinkCopy } from './tree-copy.js';

/** Copies on this machine's file systems. Whatever runs for them ends with this process. */
export class LocalSnapshots implements SnapshotCopies {
  constructor(private readonly runner: ScriptRunner) {}

  fit(mirror: string, folder: string): Promise<FittingMethod> {
    return fittingMethod(mirror, folder);
  }

  async make(job: CopyJob): Promise<MadeCopy> {
    const leftOut = await this.copy(job);
    const [identity] = await identify(this.runner, dirname(job.target), [basename(job.target)], job.signal, true);
    if (identity !== undefined && identity.type !== 'other') return { identity, leftOut };
    throw new HoldfastError('SnapshotFailed', `${job.target} is not there although it was made`);
  }

  identify(folder: string, names: readonly string[], signal: AbortSignal): Promise<(CopyIdentity | undefined)[]> {
    return identify(this.runner, folder, names, signal);
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return removeCopy(this.runner, path, signal);
  }

  async makeSubvolume(path: string, signal: AbortSignal): Promise<boolean> {
    if (!(await isOnBtrfs(dirname(path)))) return false;
    await makeSubvolume(this.runner, path, signal);
    return true;
  }

  private async copy(job: CopyJob): Promise<MadeCopy['leftOut']> {
    const whole = { count: 0, first: [] };
    switch (job.method) {
      case 'btrfs':
        return makeBtrfsSnapshot(this.runner, job);
      case 'reflink':
        await makeReflinkCopy(this.runner, job);
        return whole;
      case 'hardlink':
        await makeHardLinkTree(this.runner, job);
        return whole;
    }
  }
}
