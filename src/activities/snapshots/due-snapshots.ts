import { parseBackupId } from '../../core/ids.js';
import { dueKinds } from '../../core/snapshots/due.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { DueSnapshotsInput, DueSnapshotsResult } from '../contract.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { readMirrorState } from '../mirror/mirror-state.js';
import { knownOf, readSnapshots } from './read-snapshots.js';

/** Of which kinds the configuration wants a snapshot of the mirror's last commit. Reads records only. */
export async function dueSnapshots(
  _providers: Providers,
  _control: ActivityControl,
  { host, source }: DueSnapshotsInput,
): Promise<DueSnapshotsResult> {
  const paths = mirrorPathsOf(host, source);
  const { snapshots, leftovers } = await readSnapshots({ host: host.name, source: source.name, paths });
  const state = await readMirrorState(paths);
  const last = state.kind === 'known' && state.state.state === 'committed' ? state.state.last : undefined;
  const timeMs = last === undefined ? undefined : parseBackupId(last.backupId)?.timeMs;
  const known = snapshots.map((one) => knownOf(one, false));
  return {
    kinds: timeMs === undefined ? [] : dueKinds(source.snapshots?.rules ?? [], known, timeMs),
    leftovers: leftovers.some(({ entry }) => entry.is !== 'temporary'),
  };
}
