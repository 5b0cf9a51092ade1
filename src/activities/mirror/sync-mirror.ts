import { rm } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import type { RsyncOutcome } from '../../core/rsync/outcome.js';
import { parseProgress } from '../../core/rsync/progress.js';
import { TransferClock } from '../../core/rsync/transfer-clock.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { SyncMirrorInput, SyncMirrorResult } from '../contract.js';
import { makeMirrorSubvolume } from '../snapshots/mirror-subvolume.js';
import { copyIntoMirror, type MirrorCopyJob } from './copy-into-mirror.js';
import { atDestination, makeMirrorFolders } from './destination-access.js';
import { flushFileSystem, flushingMeanwhile } from './flushing.js';
import { endLeftoverWriters } from './leftover-writers.js';
import { readMirrorState, removeMirrorState, writeMirrorState } from './mirror-state.js';
import { withLeftOut } from './left-out-list.js';
import { type OpenMirror, openMirrorForRsync, withWriteOptions } from './open-mirror.js';
import { writeOptionsOf } from './write-options.js';

/**
 * Makes the mirror what the source is now. From the first change until `commitMirror` its state is `syncing`; a repeated call, by the same run or the
 * next, goes on where the last one was cut off. Throws what rsync's end means (RsyncInterrupted and HostUnreachable are worth another try, SourceHeld
 * is thrown when more would have been deleted than allowed).
 */
export async function syncMirror(
  providers: Providers,
  control: ActivityControl,
  input: SyncMirrorInput,
): Promise<SyncMirrorResult> {
  const opened = await openMirrorForRsync(input);
  const writing = await writeOptionsOf(providers, control, opened);
  const { mirror } = await withLeftOut(
    providers,
    control,
    withWriteOptions(opened, writing),
    input.run,
    'as inspected',
  );
  await endLeftoverWriters(mirror, control);
  await makeMirrorSubvolume(providers, control, mirror);
  await makeMirrorFolders(mirror.paths, mirror.place);
  await markSyncing(mirror, control, input);

  const clock = new TransferClock();
  const job: MirrorCopyJob = {
    ...(input.maxDeletions === undefined ? {} : { maxDeletions: input.maxDeletions }),
    onLine: (line) => report(control, clock, line),
    onRest: (rest) => report(control, clock, rest),
    onStart: () => requireOwnAttempt(mirror, control),
  };
  const outcome = await flushingMeanwhile(mirror.paths, () => copyIntoMirror(providers, control, mirror, job));
  if (outcome.kind === 'failed') return giveUp(mirror, control, outcome);

  await removePartialFiles(mirror);
  await flushFileSystem(mirror.paths, mirror.place);
  const { statistics, exitCode, flaws, errorCounts } = outcome;
  const notes = mirror.options.notes.filter((note) => !opened.options.notes.includes(note));
  return { statistics, exitCode, flaws, errorCounts, movingMs: clock.movingMs, notes };
}

async function markSyncing(
  { paths, place, source, before }: OpenMirror,
  control: ActivityControl,
  { run }: SyncMirrorInput,
): Promise<void> {
  const last = before.kind === 'known' ? before.state.last : undefined;
  const previousEntries =
    before.kind === 'known' && before.state.state === 'syncing' ? before.state.previousEntries : (last?.entries ?? 0);
  await atDestination(paths.base, place, () =>
    writeMirrorState(paths, {
      kind: 'holdfast-mirror',
      format: 1,
      host: place.host,
      source: place.source,
      path: source.path,
      state: 'syncing',
      run,
      attemptToken: control.attemptToken,
      since: new Date().toISOString(),
      previousEntries,
      ...(last === undefined ? {} : { last }),
    }),
  );
}

/** Two attempts may run at once when one's worker was paused: the one that marked the mirror last goes on. */
async function requireOwnAttempt({ paths, place }: OpenMirror, control: ActivityControl): Promise<void> {
  if (await isOwnAttempt(paths, control)) return;
  throw new HoldfastError('RsyncInterrupted', `another attempt is writing ${paths.mirror}`, place);
}

async function isOwnAttempt(paths: OpenMirror['paths'], control: ActivityControl): Promise<boolean> {
  const now = await readMirrorState(paths);
  return now.kind === 'known' && now.state.state === 'syncing' && now.state.attemptToken === control.attemptToken;
}

function report(control: ActivityControl, clock: TransferClock, line: string): void {
  const progress = parseProgress(line);
  if (!progress) return;
  clock.add(progress, performance.now());
  control.progress({ ...progress });
}

/** When rsync is known to have changed nothing, the mirror is as finished as it was. */
async function giveUp(
  { before, paths, place }: OpenMirror,
  control: ActivityControl,
  outcome: Extract<RsyncOutcome, { kind: 'failed' }>,
): Promise<never> {
  if (outcome.touchedNothing && before.kind !== 'unreadable' && (await isOwnAttempt(paths, control))) {
    await (before.kind === 'known' ? writeMirrorState(paths, before.state) : removeMirrorState(paths));
  }
  throw new HoldfastError(outcome.type, outcome.message, place, { evidence: outcome.evidence });
}

async function removePartialFiles({ paths, place }: OpenMirror): Promise<void> {
  await atDestination(paths.base, place, () => rm(paths.partialFolder, { recursive: true, force: true }));
}
