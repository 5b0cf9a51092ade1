import { nextBackupTimeMs } from '../../core/archive/backup-time.js';
import { HoldfastError } from '../../core/failures.js';
import { backupId } from '../../core/ids.js';
import { rsyncExit } from '../../core/rsync/exit-codes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { CommitMirrorInput, CommitResult, RunIdentity } from '../contract.js';
import { atDestination } from './destination-access.js';
import { type CommittedMirror, type MirrorState, writeMirrorState } from './mirror-state.js';
import { type OpenMirror, openMirror } from './open-mirror.js';

/** Makes what the run's `syncMirror` left, or what its `inspectMirror` found unchanged, a backup. Repeated by the same run it gives the same backup. */
export async function commitMirror(
  providers: Providers,
  _control: ActivityControl,
  input: CommitMirrorInput,
): Promise<CommitResult> {
  const mirror = await openMirror(input);
  const state = requireCommittable(mirror, input.run);
  const done = state.state === 'committed' && isSame(state.last.run, input.run) ? state.last : undefined;
  if (done) return { backupId: done.backupId, status: done.status };

  const last = committedOf(mirror, input, state.last?.backupId, providers.holdfastVersion);
  const { kind, format, host, source } = state;
  await atDestination(mirror.paths.base, mirror.place, () =>
    writeMirrorState(mirror.paths, { kind, format, host, source, path: mirror.source.path, state: 'committed', last }),
  );
  return { backupId: last.backupId, status: last.status };
}

/** A mirror that another run left half synchronised must never be committed by this one. */
function requireCommittable({ before, paths, place }: OpenMirror, run: RunIdentity): MirrorState {
  if (before.kind === 'known' && (before.state.state === 'committed' || isSame(before.state.run, run)))
    return before.state;
  throw new HoldfastError('MirrorUnfinished', `${paths.mirror} was not synchronised by this run`, place);
}

function committedOf(
  mirror: OpenMirror,
  { startedAtMs, outcome, run, fileSystem }: CommitMirrorInput,
  lastBackupId: string | undefined,
  holdfastVersion: string,
): CommittedMirror {
  const exit = rsyncExit(outcome.exitCode);
  if (exit.class !== 'ok' && exit.class !== 'warning')
    throw new HoldfastError(
      'RsyncFailed',
      `rsync’s code ${outcome.exitCode} is no backup: ${exit.meaning}`,
      mirror.place,
    );
  return {
    backupId: backupId(nextBackupTimeMs(startedAtMs, lastBackupId), 0),
    status: exit.class === 'warning' || outcome.flaws.count > 0 ? 'warning' : 'ok',
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: new Date().toISOString(),
    entries: outcome.statistics.filesTotal,
    sourceBytes: outcome.statistics.totalSizeBytes,
    statistics: outcome.statistics,
    flaws: outcome.flaws,
    fakeSuper: mirror.options.fakeSuper,
    ...(fileSystem === undefined ? {} : { fileSystem }),
    holdfastVersion,
    run: { workflowId: run.workflowId, runId: run.runId },
  };
}

const isSame = (a: RunIdentity, b: RunIdentity): boolean => a.workflowId === b.workflowId && a.runId === b.runId;
