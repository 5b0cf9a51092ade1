import { RestorePlanner } from '../../core/restore-planner.js';
import { assertTargetAllowed } from '../../core/restore-target.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type { PlanRestoreInput, RestorePlan } from '../contract.js';
import { compareWithTarget } from './compare-with-target.js';
import { type OpenPoint, openPoint } from './living-entries.js';
import { NameLists } from './name-lists.js';
import { type FlawTally, listsWriter } from './plan-lists.js';
import { checkParts, partsOf } from './restore-parts.js';
import { localFolders, type RequestedSource } from './restore-request.js';
import { type RestorePart, writeRecord } from './restore-spool.js';
import { lookAtTarget, type TargetMachine, targetRunner } from './target-machine.js';

/** Compares a point of an archived source with the target and writes what has to be done into the spool. Changes nothing else. */
export async function planArchiveRestore(
  providers: Providers,
  control: ActivityControl,
  { request }: PlanRestoreInput,
  requested: RequestedSource,
  spool: string,
): Promise<RestorePlan> {
  const { host, source, targetHost } = requested;
  const runner = targetRunner(providers, targetHost);
  return withStorage(providers, source.destination, async (storage) => {
    const of = { host: host.name, source: source.name };
    const point = await openPoint(storage, of, request.point, spool, control.signal);
    const newest = point.chain.at(-1) as OpenPoint['chain'][number];
    const target = await lookAtTarget(runner, control, requested.targetPath, ['gnu-tar', 'find', 'xargs']);
    assertTargetAllowed({ ...target, inPlace: requested.inPlace, destinations: await localFolders(requested) });
    const lists = new NameLists(spool);
    const flaws: FlawTally = { count: 0, first: [], sockets: 0 };
    const planner = new RestorePlanner(
      { overwrite: request.overwrite, delete: request.delete, owners: target.root, target: placeName(target) },
      listsWriter(lists, flaws),
    );
    const { exclude } = newest.options;
    await compareWithTarget(runner, control, request, { point, target, exclude, spool, planner });
    lists.flushAll();
    const { contents, directories } = partsOf(point.chain, lists.lengths);
    await checkParts(storage, [...contents, ...directories]);
    const { create, replace, delete: removed } = planner.counts;
    const changes = create + replace + removed > 0;
    const scannedAtSeconds = point.chain.map(({ scannedAt }) => Date.parse(scannedAt) / 1000);
    const record = { host, source, target, contents, directories, changes, exclude, scannedAtSeconds };
    await writeRecord(spool, targetHost === undefined ? record : { ...record, targetHost });
    return {
      ...planOf(planner, [...contents, ...(changes ? directories : [])]),
      ...placeOf(providers, target, spool),
      backupId: newest.id,
      chain: point.chain.map(({ id }) => id),
      from: storage.location,
      parts: contents.length,
      flaws: { count: flaws.count, first: flaws.first },
      notes: notesOf(flaws, target),
    };
  });
}

function planOf(
  { counts: { bytesToWrite, ...counts } }: RestorePlanner,
  read: readonly RestorePart[],
): Pick<RestorePlan, 'engine' | 'counts' | 'bytesToWrite' | 'bytesToRead'> {
  return {
    engine: 'archive',
    counts,
    bytesToWrite,
    bytesToRead: read.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

const placeOf = (
  { machineTaskQueue }: Providers,
  { path, machine }: TargetMachine,
  spool: string,
): Pick<RestorePlan, 'targetPath' | 'targetMachine' | 'taskQueue' | 'spool'> => ({
  targetPath: path,
  targetMachine: machine,
  taskQueue: machineTaskQueue,
  spool,
});

const placeName = ({ machine, path }: TargetMachine): string => `${path} on ${machine}`;

function notesOf({ sockets }: FlawTally, target: TargetMachine): string[] {
  const notes: string[] = [];
  if (sockets > 0)
    notes.push(
      `Sockets are not restored, as no backup holds them: ${sockets}. The programs that own them make them anew.`,
    );
  if (!target.root) notes.push(`Owners are not restored: the login on ${target.machine} is not root.`);
  for (const [option, what] of [
    ['--acls', 'Access lists'],
    ['--xattrs', 'Extended attributes'],
  ] as const) {
    if (!target.tarOptions.includes(option))
      notes.push(`${what} are not restored: tar on ${target.machine} does not know ${option}.`);
  }
  return notes;
}
