import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/byte-records.js';
import { HoldfastError } from '../../core/failures.js';
import { parentOf } from '../../core/restore-selection.js';
import { assertTargetAllowed } from '../../core/restore-target.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanRestoreInput, RestorePlan, RestoreRequest } from '../contract.js';
import { copyMirror, NAMES_FILE } from './mirror-copy.js';
import { writeMirrorRecord } from './mirror-restore-record.js';
import { nulList } from './name-lists.js';
import { openMirrorPoint } from './open-mirror-point.js';
import { protectFile, protectInTarget } from './protect-in-mirror-target.js';
import { localFolders, type RequestedSource } from './restore-request.js';
import { selectionOf, takesAll } from './restore-scope.js';
import { lookAtTarget, targetRunner } from './target-machine.js';
import { scanTarget } from './target-scan.js';

/** Says what copying a mirror back would do: rsync's dry run. */
export async function planMirrorRestore(
  providers: Providers,
  control: ActivityControl,
  { request }: PlanRestoreInput,
  requested: RequestedSource,
  spool: string,
): Promise<RestorePlan> {
  if (request.delete && !takesAll(request)) {
    const message =
      'a mirror is restored with --include or with --delete, not with both; restore it whole into a new directory instead';
    throw new HoldfastError('RestoreTargetInvalid', message);
  }
  const { source, targetHost } = requested;
  const point = await openMirrorPoint(requested, request);
  const target = await lookAtTarget(targetRunner(providers, targetHost), control, requested.targetPath, ['rsync']);
  assertTargetAllowed({ ...target, inPlace: requested.inPlace, destinations: await localFolders(requested) });
  const protect = request.delete
    ? await protectInTarget(control, {
        filters: source.filters,
        target: { runner: targetRunner(providers, targetHost), path: target.path },
        mirror: { runner: providers.localRunner, path: point.paths.mirror },
        agesAt: point.madeAt,
        rulesFile: protectFile(spool),
      })
    : undefined;
  const record = {
    ...(protect === undefined ? {} : { protectFile: protect }),
    source,
    ...(targetHost === undefined ? {} : { targetHost }),
    target,
    mirror: point.paths.mirror,
    fakeSuper: point.fakeSuper,
  };
  await writeMirrorRecord(spool, record);
  if (!takesAll(request)) await writeNames(providers, control, request, record.mirror, spool);
  const seen = { created: 0, changed: 0, deleted: 0 };
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
    from: point.paths.mirror,
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
    notes: target.root ? [] : [`Owners are not restored: the login on ${target.machine} is not root.`],
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
