import { RestorePlanner } from '../../core/restore/planner.js';
import { assertTargetAllowed } from '../../core/restore/target.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import { damageNotes, withWhatIsLeft } from '../verify/damage-notes.js';
import type { PlanRestoreInput, RestorePlan } from '../contract.js';
import { checkDataKey } from './check-data-key.js';
import { compareWithTarget } from './compare-with-target.js';
import { type OpenPoint, openPoint } from './living-entries.js';
import { NameLists } from './name-lists.js';
import { type FlawTally, listsWriter } from './plan-lists.js';
import { type LargeFilesPlan, planLargeFiles } from './plan-large-files.js';
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
  const work = async (storage: Repository): Promise<RestorePlan> => {
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
    const filters = request.delete ? newest.options.filters : undefined;
    await compareWithTarget(runner, control, request, { point, target, exclude, filters, spool, planner });
    lists.flushAll();
    const { contents, skeletons, directories } = partsOf(point.chain, lists.lengths);
    await checkParts(storage, [...contents, ...skeletons, ...directories]);
    if (!request.dryRun)
      await checkDataKey(storage, [...contents, ...skeletons, ...directories], spool, control.signal);
    const large = await planLargeFiles(storage, point.chain, spool, control.signal);
    const { create, replace, delete: removed } = planner.counts;
    const changes = create + replace + removed > 0;
    const scannedAtSeconds = point.chain.map(({ scannedAt }) => Date.parse(scannedAt) / 1000);
    const record = {
      host,
      source,
      target,
      contents,
      skeletons,
      directories,
      changes,
      exclude,
      scannedAtSeconds,
      ...(filters === undefined ? {} : { filters }),
    };
    await writeRecord(spool, targetHost === undefined ? record : { ...record, targetHost });
    return {
      ...planOf(planner, [...contents, ...skeletons, ...(changes ? directories : [])], large),
      ...placeOf(providers, target, spool),
      backupId: newest.id,
      chain: point.chain.map(({ id }) => id),
      from: storage.location,
      parts: contents.length,
      flaws: { count: flaws.count, first: flaws.first },
      notes: [...(await damageNotes(storage, of, newest.chain)), ...notesOf(flaws, target)],
    };
  };
  const explained = async (storage: Repository): Promise<RestorePlan> => {
    try {
      return await work(storage);
    } catch (error) {
      throw await withWhatIsLeft(storage, { host: host.name, source: source.name }, error);
    }
  };
  return withStorage(providers, source.destination, explained, accessOf(source.destination, request));
}

function planOf(
  { counts: { bytesToWrite, ...counts } }: RestorePlanner,
  read: readonly RestorePart[],
  large: LargeFilesPlan,
): Pick<RestorePlan, 'engine' | 'counts' | 'bytesToWrite' | 'bytesToRead' | 'extentParts'> {
  return {
    engine: 'archive',
    counts,
    bytesToWrite,
    bytesToRead: read.reduce((sum, { sizeBytes }) => sum + sizeBytes, large.bytesToRead),
    ...(large.parts === 0 ? {} : { extentParts: large.parts }),
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
