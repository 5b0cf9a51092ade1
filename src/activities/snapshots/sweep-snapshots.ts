import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '../../core/failures.js';
import { isSame } from '../../core/snapshots/identity.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { syncFolder } from '../mirror/durable-write.js';
import type { FoundSnapshots, SnapshotOwner } from './read-snapshots.js';
import { finishRemoval, takenBack } from './remove-snapshot.js';
import { hasRecord } from './snapshot-leases.js';
import { directoryOf, recordOf, removingOf } from './snapshot-paths.js';
import { readRecord } from './snapshot-record.js';

/** A pin or a lease is written without the host's lock: its file may be a moment old. */
const TEMPORARY_AGE_MS = 86_400_000;

/**
 * Ends what dead runs have begun: half-made copies go, a whole one that lacks nothing but its record's name gets it, removals are finished. Under the host's lock nobody else
 * is at work here.
 *
 * @returns what could not be done, for people
 */
export async function sweepSnapshots(
  providers: Providers,
  control: ActivityControl,
  owner: SnapshotOwner,
  leftovers: FoundSnapshots['leftovers'],
): Promise<string[]> {
  const sweep = new Sweep(providers, control, owner);
  const notes: string[] = [];
  // A record first: it says whether the directory beside it is whole.
  const inOrder = [...leftovers].sort((a, b) => Number(b.file.endsWith('.json')) - Number(a.file.endsWith('.json')));
  for (const { file, entry } of inOrder) {
    control.signal.throwIfAborted();
    try {
      if (entry.is === 'temporary') await sweep.temporary(file);
      else if (entry.is === 'partial-record') await sweep.partialRecord(file, entry.snapshot);
      else if (entry.is === 'removing-record') await sweep.removingRecord(file, entry.snapshot);
      else if (entry.is === 'partial') await sweep.partial(file);
    } catch (error) {
      if (control.signal.aborted) throw error;
      notes.push(`What an earlier run left could not be removed (${file}): ${failureOf(error).message}`);
    }
  }
  return notes;
}

class Sweep {
  private readonly folder: string;

  constructor(
    private readonly providers: Providers,
    private readonly control: ActivityControl,
    private readonly owner: SnapshotOwner,
  ) {
    this.folder = owner.paths.snapshotFolder;
  }

  async temporary(file: string): Promise<void> {
    const path = join(this.folder, file);
    if ((await lstat(path)).mtimeMs < Date.now() - TEMPORARY_AGE_MS) await rm(path, { force: true });
  }

  partial(file: string): Promise<void> {
    return this.providers.snapshots.remove(join(this.folder, file), this.control.signal);
  }

  async partialRecord(file: string, name: string): Promise<void> {
    const path = join(this.folder, file);
    const reading = await readRecord(path, { ...this.owner, name });
    const [found] = await this.identify(name);
    const isWhole = reading.kind === 'known' && found !== undefined && isSame(reading.record.copy, found);
    if (isWhole && !(await hasRecord(this.folder, name))) await rename(path, recordOf(this.folder, name));
    else await rm(path, { force: true });
    await syncFolder(this.folder);
  }

  async removingRecord(file: string, name: string): Promise<void> {
    const reading = await readRecord(join(this.folder, file), { ...this.owner, name });
    if (reading.kind === 'absent') return;
    if (reading.kind === 'unreadable') throw new Error(`its record cannot be read: ${reading.reason}`);
    const { record } = reading;
    const [found] = await this.identify(name);
    if (found !== undefined && !isSame(record.copy, found)) throw new Error('another directory is in its place');
    if (found !== undefined) {
      if (await takenBack(this.providers, this.folder, name)) return;
      await rename(directoryOf(this.folder, name), removingOf(this.folder, name));
      await syncFolder(this.folder);
    }
    await finishRemoval(this.providers, this.control, this.folder, name, record);
  }

  private identify(name: string) {
    return this.providers.snapshots.identify(this.folder, [name], this.control.signal);
  }
}
