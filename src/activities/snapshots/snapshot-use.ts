import type { OpenRuns } from '../../providers/runs/open-runs.js';
import { isLeased } from './snapshot-leases.js';
import type { FoundSnapshot } from './read-snapshots.js';

/** Which snapshots of one mirror are being read, and whether anybody could say. */
export interface SnapshotUse {
  has(snapshot: FoundSnapshot): boolean;
  /** Why all of them count as in use. */
  readonly note?: string;
}

/** Asks once for the mirror as a whole (a restore that is just beginning has left no file yet), then for each file that a reader left. */
export async function snapshotUse(
  runs: OpenRuns,
  { host, source, folder }: { readonly host: string; readonly source: string; readonly folder: string },
  snapshots: readonly FoundSnapshot[],
): Promise<SnapshotUse> {
  if (snapshots.length === 0) return { has: () => false };
  const restoring = await runs.restoring();
  if (restoring === undefined)
    return { has: () => true, note: 'No snapshot is removed: nobody could say whether a restore reads one.' };
  const isRead = restoring.some(
    (one) => (one.host === undefined || one.host === host) && (one.source === undefined || one.source === source),
  );
  if (isRead) return { has: () => true };
  const leased = await Promise.all(snapshots.map(({ leases }) => isLeased(folder, leases, runs)));
  const read = new Set(snapshots.filter((_, index) => leased[index]).map(({ name }) => name));
  return { has: ({ name }) => read.has(name) };
}
