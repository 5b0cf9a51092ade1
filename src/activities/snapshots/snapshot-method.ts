import { HoldfastError } from '../../core/failures.js';
import type { SnapshotMethod } from '../../core/snapshots/snapshots.js';
import type { LinkBase } from '../../providers/snapshots/snapshot-copies.js';
import type { Providers } from '../activity-control.js';
import type { OpenMirror } from '../mirror/open-mirror.js';
import type { FoundSnapshot } from './read-snapshots.js';

export interface ChosenMethod {
  readonly method: SnapshotMethod;
  /** The newest whole hard-link tree. */
  readonly linkTo?: LinkBase;
  readonly note?: string;
}

/** What the configuration asks for, or the best that the file system can do. @throws HoldfastError SnapshotFailed when it cannot do what is asked for */
export async function methodFor(
  { snapshots: copies }: Providers,
  { paths, source, place }: OpenMirror,
  snapshots: readonly FoundSnapshot[],
): Promise<ChosenMethod> {
  const wanted = source.snapshots?.method ?? 'auto';
  const fit = wanted === 'hardlink' ? { method: wanted } : await copies.fit(paths.mirror, paths.snapshotFolder);
  const method = wanted === 'auto' ? fit.method : wanted;
  if (wanted === 'btrfs' && fit.method !== 'btrfs')
    throw new HoldfastError(
      'SnapshotFailed',
      `${paths.mirror} is not a subvolume of BTRFS; convert it (docs/snapshots.md), or write method: auto`,
      place,
    );
  if (wanted === 'reflink' && fit.method === 'hardlink')
    throw new HoldfastError(
      'SnapshotFailed',
      `the file system of ${paths.mirror} has no copies that share blocks; write method: auto, or hardlink`,
      place,
    );
  const note = wanted === 'auto' && fit.note !== undefined ? { note: fit.note } : {};
  if (method !== 'hardlink') return { method, ...note };
  for (const { record, state, directory } of snapshots)
    if (state !== 'damaged' && record?.method === 'hardlink')
      return { method, linkTo: { path: directory, begunAtMs: Date.parse(record.begunAt) }, ...note };
  return { method, ...note };
}
