import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { detached } from '../../core/byte-records.js';
import { HoldfastError } from '../../core/failures.js';
import type { DestinationPlan } from '../../core/plan.js';
import type { Wanted } from '../../core/restore-actions.js';
import { joinByPath } from '../../core/restore-join.js';
import { RestorePlanner } from '../../core/restore-planner.js';
import { parentOf, type RestoreSelection } from '../../core/restore-selection.js';
import { assertTargetAllowed } from '../../core/restore-target.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type { PlanRestoreInput, RestorePlan, RestoreRequest } from '../contract.js';
import { livingEntries, type OpenPoint, openPoint } from './living-entries.js';
import { NameLists } from './name-lists.js';
import { type FlawTally, listsWriter } from './plan-lists.js';
import { checkParts, partsOf } from './restore-parts.js';
import type { RequestedSource } from './restore-request.js';
import { selectionOf } from './restore-scope.js';
import { writeRecord } from './restore-spool.js';
import { lookAtTarget, type TargetMachine, targetRunner } from './target-machine.js';
import { scanTarget } from './target-scan.js';

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
    await compare(runner, control, request, { point, target, exclude, spool, planner });
    lists.flushAll();
    const { contents, directories } = partsOf(point.chain, lists.lengths);
    await checkParts(storage, [...contents, ...directories]);
    const { create, replace, keep, delete: deleted, bytesToWrite } = planner.counts;
    const changes = create + replace + deleted > 0;
    await writeRecord(spool, {
      host,
      source,
      ...(targetHost === undefined ? {} : { targetHost }),
      target,
      contents,
      directories,
      changes,
      exclude,
      scannedAtSeconds: point.chain.map(({ scannedAt }) => Date.parse(scannedAt) / 1000),
    });
    const read = [...contents, ...(changes ? directories : [])];
    return {
      engine: 'archive',
      backupId: newest.id,
      chain: point.chain.map(({ id }) => id),
      from: storage.location,
      targetPath: target.path,
      targetMachine: target.machine,
      taskQueue: providers.machineTaskQueue,
      spool,
      parts: contents.length,
      counts: { create, replace, keep, delete: deleted },
      bytesToWrite,
      bytesToRead: read.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      flaws: { count: flaws.count, first: flaws.first },
      notes: notesOf(flaws, target),
    };
  });
}

interface Comparison {
  readonly point: OpenPoint;
  readonly target: TargetMachine;
  readonly exclude: readonly string[];
  readonly spool: string;
  readonly planner: RestorePlanner;
}

async function compare(
  runner: ScriptRunner,
  control: ActivityControl,
  request: RestoreRequest,
  { point, target, exclude, spool, planner }: Comparison,
): Promise<void> {
  const selection = selectionOf(request.include);
  const parents = await parentsOfTaken(point, selection, control.signal);
  if (parents?.size === 0) {
    const id = point.chain.at(-1)?.id;
    throw new HoldfastError('NothingToRestore', `nothing in backup ${id} matches ${request.include.join(', ')}`);
  }
  let entries = 0;
  await joinByPath(
    { batches: livingEntries(point, control.signal), pathOf: ({ entry }) => entry.path },
    {
      batches: await scanTarget(runner, control, target.path, exclude, join(spool, 'scan')),
      pathOf: ({ path }) => path,
    },
    (path, living, found) => {
      if (++entries % 65_536 === 0) control.progress({ entries });
      const wanted: Wanted =
        living === undefined
          ? 'no'
          : selection.takes(path, living.entry.type === 'd')
            ? 'yes'
            : parents?.has(path)
              ? 'parent'
              : 'no';
      planner.see(path, living, wanted, found, found !== undefined && selection.takes(path, found.type === 'd'));
    },
  );
  planner.end();
}

/** Directories above what is taken, the root among them; undefined when everything is taken. */
async function parentsOfTaken(
  point: OpenPoint,
  selection: RestoreSelection,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  if (selection.everything) return undefined;
  const parents = new Set<string>();
  for await (const batch of livingEntries(point, signal)) {
    for (const { entry } of batch) {
      if (!selection.takes(entry.path, entry.type === 'd')) continue;
      for (let path = parentOf(entry.path); !parents.has(path); path = parentOf(path)) parents.add(detached(path));
    }
  }
  return parents;
}

/** Directories of this machine that hold backups: never to be restored into. */
export async function localFolders({ source, targetHost }: RequestedSource): Promise<string[]> {
  return targetHost === undefined ? folderOf(source.destination) : [];
}

async function folderOf(destination: DestinationPlan): Promise<string[]> {
  return destination.type === 'local' ? [await realpath(destination.path)] : [];
}

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
