import type { Failure } from '../../core/failures.js';
import { failureOf } from '../../core/failures.js';
import type { Manifest } from '../../core/manifest.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { Providers } from '../activity-control.js';
import type { SourceBackups } from '../backups.js';
import type { BackupSummary } from '../contract.js';
import { listBackupIds, readManifest } from './chain.js';
import { withStorage } from './with-storage.js';

const AT_ONCE = 8;

/** The newest archives of a source, at most `limit`; unfinished ones, which have no manifest, are none. */
export async function listArchives(
  providers: Providers,
  host: HostPlan,
  source: SourcePlan,
  limit: number,
): Promise<SourceBackups> {
  return withStorage(providers, source.destination, async (storage) => {
    const ids = (await listBackupIds(storage, host.name, source.name)).reverse();
    const backups: BackupSummary[] = [];
    const failures: Failure[] = [];
    const look = async (id: string): Promise<void> => {
      try {
        const manifest = await readManifest(storage, host.name, source.name, id);
        if (manifest !== undefined) backups.push(summaryOf(manifest, source));
      } catch (error) {
        failures.push(failureOf(error, { host: host.name, source: source.name }));
      }
    };
    for (let next = 0; next < ids.length && backups.length < limit; next += AT_ONCE) {
      await Promise.all(ids.slice(next, next + AT_ONCE).map(look));
    }
    backups.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
    return { backups: backups.slice(0, limit), failures };
  });
}

const summaryOf = (manifest: Manifest, source: SourcePlan): BackupSummary => ({
  id: manifest.id,
  host: manifest.host,
  source: manifest.source,
  engine: 'archive',
  destination: source.destination.name,
  level: manifest.level,
  parent: manifest.parent,
  status: manifest.status,
  startedAt: manifest.startedAt,
  finishedAt: manifest.finishedAt,
  entries: manifest.counts.entries,
  sourceBytes: manifest.bytes.source,
  storedBytes: manifest.bytes.stored,
});
