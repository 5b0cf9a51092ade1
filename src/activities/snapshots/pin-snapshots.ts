import { loadCachedConfig } from '../../config/cache.js';
import { selectHosts, selectSource } from '../../config/selection.js';
import type { HostPlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PinSnapshotsInput, PinSnapshotsResult } from '../contract.js';
import { atDestination } from '../mirror/destination-access.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { snapshotNamed } from '../restore/kept-snapshots.js';
import { readSnapshots } from './read-snapshots.js';
import { removePin, writePin } from './snapshot-pins.js';

/** Pins snapshots so that rotation leaves them alone, or takes that back. Throws BackupNotFound before anything is changed. */
export async function pinSnapshots(
  _providers: Providers,
  _control: ActivityControl,
  { configPath, host: hostName, source: sourceName, names, pinned, reason, dryRun, nowMs, run }: PinSnapshotsInput,
): Promise<PinSnapshotsResult> {
  const { hosts } = await loadCachedConfig(configPath);
  const [host] = selectHosts(hosts, { hosts: [hostName], sources: [], tags: [] }) as [HostPlan];
  const source = selectSource(host, sourceName);
  const place = { host: host.name, source: source.name };
  const paths = mirrorPathsOf(host, source);
  return atDestination(paths.base, place, async () => {
    const { snapshots } = await readSnapshots({ ...place, paths });
    const named = names.map((name) => snapshotNamed(snapshots, name, `the mirror of ${host.name}/${source.name}`));
    const changed = named.filter(({ pin }) => (pin !== undefined) !== pinned).map(({ name }) => name);
    if (dryRun) return { changed };
    const pin = { since: new Date(nowMs).toISOString(), ...(reason === undefined ? {} : { reason }), run };
    for (const name of changed)
      await (pinned ? writePin(paths.snapshotFolder, name, pin) : removePin(paths.snapshotFolder, name));
    return { changed };
  });
}
