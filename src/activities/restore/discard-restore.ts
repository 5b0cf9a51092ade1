import { quote } from '../../core/shell-quoting.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreStepInput } from '../contract.js';
import { scratchName } from './extract-links.js';
import { readMirrorRecord } from './mirror-restore-record.js';
import { removeLargeFiles } from './place-large-files.js';
import { readRecord, removeSpool } from './restore-spool.js';
import { releaseSnapshot } from './snapshot-in-use.js';
import { change } from './target-changes.js';
import { targetRunner } from './target-machine.js';

/** Removes what a restore that did not end left on this machine and in the target. What it restored stays. */
export async function discardRestore(
  providers: Providers,
  control: ActivityControl,
  { plan, run }: RestoreStepInput,
): Promise<void> {
  if (plan.spool === '') return;
  try {
    if (plan.engine === 'archive') await removeScratch(providers, control, plan.spool, 'and unfinished files');
    else await releaseSnapshot((await readMirrorRecord(plan.spool)).point, run);
  } catch (error) {
    control.log('warn', 'something of a restore stays behind', { error: String(error) });
  }
  await removeSpool(plan.spool);
}

/** Removes the directory for content unpacked under other names, if the restore needed one, and on demand large files that are not in place. */
export async function removeScratch(
  providers: Providers,
  control: ActivityControl,
  spool: string,
  rest?: 'and unfinished files',
): Promise<void> {
  const { contents, skeletons = [], target, targetHost } = await readRecord(spool);
  if (contents.every((part) => part.links === '') && skeletons.length === 0) return;
  const changes = { runner: targetRunner(providers, targetHost), target, signal: control.signal };
  if (rest !== undefined) await removeLargeFiles(changes, spool);
  const body = `cd -- "$HOLDFAST_TARGET" && rm -rf -- ${quote(scratchName(spool))}`;
  await change(changes, `remove a scratch directory from ${target.path}`, body);
}
