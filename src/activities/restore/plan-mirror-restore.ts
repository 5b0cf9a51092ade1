import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/entries/byte-records.js';
import { HoldfastError } from '../../core/failures.js';
import { parentOf } from '../../core/restore/selection.js';
import { assertTargetAllowed } from '../../core/restore/target.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanRestoreInput, RestorePlan, RestoreRequest } from '../contract.js';
import { copyMirror, NAMES_FILE, rsyncPathOn } from './mirror-copy.js';
import { writeMirrorRecord } from './mirror-restore-record.js';
import { nulList } from './name-lists.js';
import { findSurplus, writeSurplus } from './mirror-surplus.js';
import { type MirrorPoint, openMirrorPoint } from './open-mirror-point.js';
import { protectFile, protectInTarget } from './protect-in-mirror-target.js';
import { localFolders, type RequestedSource } from './restore-request.js';
import { selectionOf, takesAll } from './restore-scope.js';
import { holdSnapshot, releaseSnapshot } from './snapshot-in-use.js';
import { lookAtTarget, targetRunner } from './target-machine.js';
import { scanTarget } from './target-scan.js';

/** Says what copying a mirror, or a snapshot of it, would do: rsync's dry run. */
export async function planMirrorRestore(
  providers: Providers,
  control: ActivityControl,
  { request, run }: PlanRestoreInput,
  requested: RequestedSource,
  spool: string,
): Promise<RestorePlan> {
  const point = await openMirrorPoint(providers, control, requested, request);
  await holdSnapshot(point, run, control);
  let goesOn = false;
  try {
    const plan = await planCopy(providers, control, request, requested, point, spool);
    goesOn = !request.dryRun;
    return plan;
  } finally {
    if (!goesOn) await releaseSnapshot(point, run);
  }
}

async function planCopy(
  providers: Providers,
  control: ActivityControl,
  request: RestoreRequest,
  requested: RequestedSource,
  point: MirrorPoint,
  spool: string,
): Promise<RestorePlan> {
  const { source, targetHost } = requested;
  const snapshot = point.snapshot === undefined ? {} : { snapshot: point.snapshot };
  const target = await lookAtTarget(targetRunner(providers, targetHost), control, requested.targetPath, ['rsync']);
  assertTargetAllowed({ ...target, inPlace: requested.inPlace, destinations: await localFolders(requested) });
  const protect = request.delete
    ? await protectInTarget(control, {
        filters: source.filters,
        target: { runner: targetRunner(providers, targetHost), path: target.path },
        mirror: { runner: providers.localRunner, path: point.tree },
        agesAt: point.madeAt,
        rulesFile: protectFile(spool),
      })
    : undefined;
  const record = {
    ...(protect === undefined ? {} : { protectFile: protect }),
    source,
    ...(targetHost === undefined ? {} : { targetHost }),
    target,
    mirror: point.tree,
    point,
    fakeSuper: point.fakeSuper,
  };
  await writeMirrorRecord(spool, record);
  if (!takesAll(request)) await writeNames(providers, control, request, record.mirror, spool);
  const surplus = await findSurplus(providers, control, spool, record, request);
  await writeSurplus(spool, surplus);
  const seen = { created: 0, changed: 0, deleted: surplus.files.length + surplus.directories.length };
  const { statistics } = await copyMirror(providers, control, {
    spool,
    record,
    request,
    mode: 'look',
    onChange: ({ kind }) => {
      seen[kind] += 1;
    },
  });
  return {
    engine: 'mirror',
    backupId: point.backupId,
    chain: point.backupId === '' ? [] : [point.backupId],
    from: point.tree,
    ...snapshot,
    targetPath: target.path,
    targetMachine: target.machine,
    taskQueue: providers.machineTaskQueue,
    spool,
    parts: 0,
    counts: {
      create: seen.created,
      replace: seen.changed,
      keep: Math.max(0, statistics.filesTotal - seen.created - seen.changed),
      delete: seen.deleted,
    },
    bytesToWrite: statistics.literalBytes + statistics.matchedBytes,
    bytesToRead: statistics.literalBytes + statistics.matchedBytes,
    flaws: point.flaws,
    notes:
      target.root || rsyncPathOn(targetHost) !== undefined
        ? []
        : [`Owners are not restored: the login on ${target.machine} is not root.`],
  };
}

/** The entries that the patterns take, with the directories above them, one by one: rsync's own patterns mean something else. */
async function writeNames(
  providers: Providers,
  control: ActivityControl,
  request: RestoreRequest,
  mirror: string,
  spool: string,
): Promise<void> {
  const selection = selectionOf(request);
  const names = new Set<string>();
  for await (const batch of await scanTarget(providers.localRunner, control, mirror, [], join(spool, 'scan'))) {
    for (const { path, type } of batch) {
      if (!selection.takes(path, type === 'd')) continue;
      for (let name = path; name !== '' && !names.has(name); name = parentOf(name)) names.add(detached(name));
    }
  }
  if (names.size === 0)
    throw new HoldfastError('NothingToRestore', `nothing in ${mirror} matches ${request.include.join(', ')}`);
  await writeFile(join(spool, NAMES_FILE), nulList([...names]), { mode: 0o600 });
}
