import { join } from 'node:path';
import { detached } from '../../core/entries/byte-records.js';
import type { FilterRule } from '../../core/filters/rules.js';
import { textOf } from '../../core/entries/entry.js';
import type { EntryFilters } from '../../core/filters/entry-filters.js';
import { HoldfastError } from '../../core/failures.js';
import type { Wanted } from '../../core/restore/actions.js';
import { joinByPath } from '../../core/restore/join.js';
import type { RestorePlanner } from '../../core/restore/planner.js';
import { parentOf, type RestoreSelection } from '../../core/restore/selection.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl } from '../activity-control.js';
import type { RestoreRequest } from '../contract.js';
import { livingEntries, type OpenPoint } from './living-entries.js';
import { entriesThatStay, notePointMarks } from './protect-left-out.js';
import { selectionOf } from './restore-scope.js';
import type { TargetMachine } from './target-machine.js';
import { scanTarget } from './target-scan.js';

export interface Comparison {
  readonly point: OpenPoint;
  readonly target: TargetMachine;
  readonly exclude: readonly FilterRule[];
  /** Of the point, when entries that it does not have are to be deleted. */
  readonly filters: EntryFilters | undefined;
  readonly spool: string;
  readonly planner: RestorePlanner;
}

/** Shows the planner every path that the point or the target has. Throws NothingToRestore when patterns match nothing, and what the planner throws. */
export async function compareWithTarget(
  runner: ScriptRunner,
  control: ActivityControl,
  request: RestoreRequest,
  { point, target, exclude, filters, spool, planner }: Comparison,
): Promise<void> {
  const selection = selectionOf(request);
  const parents = await parentsOfTaken(point, selection, control.signal);
  if (parents?.size === 0) {
    const id = point.chain.at(-1)?.id;
    throw new HoldfastError('NothingToRestore', `nothing in backup ${id} matches ${request.include.join(', ')}`);
  }
  const recordsFile = join(spool, 'scan');
  const batches = await scanTarget(runner, control, target.path, exclude, recordsFile);
  await notePointMarks(point, filters, spool, control.signal);
  const scannedAtMs = Date.parse(point.chain.at(-1)?.scannedAt ?? '');
  const stays = await entriesThatStay({ spool, recordsFile, exclude, filters, scannedAtMs });
  let entries = 0;
  await joinByPath(
    { batches: livingEntries(point, control.signal), pathOf: ({ entry }) => entry.path },
    { batches, pathOf: ({ path }) => path },
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
      const extra = found !== undefined && selection.takes(path, found.type === 'd') && !stays(found);
      if (found?.type === 'd' && living !== undefined && living.entry.type !== 'd' && wanted === 'yes' && stays(found))
        throw inTheWay(target, path);
      planner.see(path, living, wanted, found, extra);
    },
  );
  planner.end();
}

const inTheWay = ({ machine, path: target }: TargetMachine, path: string): HoldfastError =>
  new HoldfastError(
    'RestoreTargetInvalid',
    `${target} on ${machine}: "${textOf(path)}" is a directory with entries that the backup’s filters leave out, where the backup has none; move it away`,
  );

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
