import { objectsOf } from '../../core/archive/chain.js';
import { HoldfastError } from '../../core/failures.js';
import { consolidationWorkflowId, hostBackupWorkflowId, parseBackupId } from '../../core/ids.js';
import { MANIFEST_NAME, sourcePrefix } from '../../core/archive/manifest-keys.js';
import type { OpenRuns } from '../../providers/runs/open-runs.js';
import type { ListedObject, ObjectStorage } from '../../providers/storage/object-storage.js';
import type { ActivityControl } from '../activity-control.js';
import { isRunMark, readRunMark } from '../archive/run-mark.js';
import type { SweptLeftovers } from '../contract.js';
import type { SourceLook } from './look-at-source.js';

/** What has lain untouched for so long was left behind, unless its run goes on. */
export const LEFTOVER_AGE_MS = 3 * 86_400_000;

export interface Sweep {
  readonly swept: SweptLeftovers;
  readonly notes: readonly string[];
}

/**
 * Removes what abandoned runs have left of a source: prefixes without a manifest, objects that no manifest names, writes that were never
 * finished. Only what is old, belongs to no backup that still needs it, and whose run is known to be over.
 */
export async function sweepSource(
  storage: ObjectStorage,
  runs: OpenRuns,
  control: ActivityControl,
  look: SourceLook,
  nowMs: number,
): Promise<Sweep> {
  const { host, source } = look;
  const prefix = sourcePrefix(host, source.name);
  const notes: string[] = [];
  const swept = { objects: 0, bytes: 0, unfinished: 0 };
  const over = new RunsOver(storage, runs, look);
  const isOld = (timeMs: number): boolean => timeMs < nowMs - LEFTOVER_AGE_MS;
  const mayGo = async (id: string, marks: readonly string[]): Promise<boolean> => {
    const answer = await over.of(id, marks);
    if (answer === undefined) notes.push(`What a run left in ${id} stays: nobody could say whether the run is over.`);
    return answer === true;
  };

  for await (const { id, objects } of byBackup(storage, prefix)) {
    control.signal.throwIfAborted();
    const left = leftovers(look, prefix, id, objects);
    if (left === 'lost') notes.push(`${id} has no manifest, and newer backups are built on it: it stays as it is.`);
    if (left === 'lost' || left.length === 0 || !left.every(({ modifiedAtMs }) => isOld(modifiedAtMs))) continue;
    const marks = left.map(({ key }) => key).filter(isRunMark);
    if (!(await mayGo(id, marks))) continue;
    control.progress({ sweeping: id });
    await storage.remove(left.map(({ key }) => key));
    swept.objects += left.length;
    swept.bytes += left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  try {
    for await (const write of storage.listUnfinished(prefix)) {
      const id = idIn(write.under, prefix);
      if (!isOld(write.startedAtMs) || id === undefined || !(await mayGo(id, []))) continue;
      await storage.discardUnfinished(write);
      swept.unfinished += 1;
    }
  } catch (error) {
    // Many credentials may not list uploads; their storage can be told to abort old ones by itself.
    if (!(error instanceof HoldfastError) || error.type !== 'DestinationDenied') throw error;
    notes.push(`Unfinished uploads were not looked for: ${error.message}`);
  }
  return { swept, notes };
}

const idIn = (key: string, prefix: string): string | undefined => {
  const [id = ''] = key.slice(prefix.length).split('/');
  return parseBackupId(id) === undefined ? undefined : id;
};

async function* byBackup(
  storage: ObjectStorage,
  prefix: string,
): AsyncGenerator<{ readonly id: string; readonly objects: readonly ListedObject[] }> {
  let current: { id: string; objects: ListedObject[] } | undefined;
  for await (const object of storage.listAll(prefix)) {
    const id = idIn(object.key, prefix);
    if (id === undefined) continue;
    if (current?.id !== id) {
      if (current) yield current;
      current = { id, objects: [] };
    }
    current.objects.push(object);
  }
  if (current) yield current;
}

/** Objects of a prefix that no backup needs; `lost` when it has no manifest and other backups need it all the same. */
function leftovers(
  { manifests, uncommitted, pending }: SourceLook,
  prefix: string,
  id: string,
  objects: readonly ListedObject[],
): readonly ListedObject[] | 'lost' {
  const manifest = manifests.get(id);
  if (manifest !== undefined) {
    const kept = new Set([MANIFEST_NAME, ...objectsOf(manifest).map(({ name }) => name)]);
    return objects.filter(({ key }) => !kept.has(key.slice(prefix.length + id.length + 1)));
  }
  // A manifest that cannot be read says nothing of what belongs to it; what is being deleted goes its own way.
  if (!uncommitted.includes(id) || pending.has(id)) return [];
  const isNeeded = [...manifests.values()].some(({ chain }) => chain.includes(id));
  return isNeeded ? 'lost' : objects;
}

/** Whether nothing writes to a prefix any more: true, false, or undefined when nobody could say. Each run is asked about once. */
class RunsOver {
  readonly #answers = new Map<string, boolean | undefined>();

  constructor(
    private readonly storage: ObjectStorage,
    private readonly runs: OpenRuns,
    private readonly look: SourceLook,
  ) {}

  async of(id: string, marks: readonly string[]): Promise<boolean | undefined> {
    if (!this.#answers.has(id)) this.#answers.set(id, await this.ask(id, marks));
    return this.#answers.get(id);
  }

  private async ask(id: string, marks: readonly string[]): Promise<boolean | undefined> {
    const { host, source, manifests } = this.look;
    const marked = await Promise.all(marks.map((key) => readRunMark(this.storage, key)));
    const run = manifests.get(id)?.run;
    const named = [...marked, run].filter((one) => one !== undefined);
    // Only these two kinds of run write backups of this source, one of each at a time.
    const possible = [
      { workflowId: hostBackupWorkflowId(host) },
      { workflowId: consolidationWorkflowId(host, source.name) },
    ];
    const open = await Promise.all((named.length > 0 ? named : possible).map((one) => this.runs.isOpen(one)));
    if (open.includes(true)) return false;
    return open.includes(undefined) ? undefined : true;
  }
}
