import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreStepInput } from '../contract.js';
import { readNames } from './name-lists.js';
import { makeLargeFiles } from './place-large-files.js';
import { LISTS, readRecord } from './restore-spool.js';
import { makeDirectories, makeTarget, removeDirectories, removeFiles } from './target-changes.js';
import { targetRunner } from './target-machine.js';

/**
 * Makes room: removes what stands in the way, as the plan says, and makes all directories, closed to others until their own attributes
 * are applied at the end. Done again, it does the same.
 */
export async function prepareRestore(
  providers: Providers,
  control: ActivityControl,
  { plan }: RestoreStepInput,
): Promise<void> {
  const { spool } = plan;
  const record = await readRecord(spool);
  const changes = { runner: targetRunner(providers, record.targetHost), target: record.target, signal: control.signal };
  await makeTarget(changes);
  const inTheWay = await readNames(spool, LISTS.clearDirectories);
  const within = belowAny(inTheWay);
  await removeFiles(changes, [
    ...(await readNames(spool, LISTS.clearFiles)),
    ...(await namesIf(inTheWay, spool, LISTS.deleteFiles)).filter(within),
  ]);
  const emptied = (await namesIf(inTheWay, spool, LISTS.deleteDirectories)).filter(within);
  await removeDirectories(changes, [...emptied, ...inTheWay], 'must be empty');
  await makeDirectories(
    changes,
    (await readNames(spool, LISTS.makeDirectories)).filter((path) => path !== ''),
  );
  await makeLargeFiles(changes, spool);
}

const namesIf = async (needed: readonly string[], spool: string, list: string): Promise<string[]> =>
  needed.length === 0 ? [] : readNames(spool, list);

/** Whether a path lies below one of these directories. */
export function belowAny(directories: readonly string[]): (path: string) => boolean {
  const known = new Set(directories);
  return (path) => {
    if (known.size === 0) return false;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (known.has(path.slice(0, end))) return true;
    }
    return false;
  };
}
