import { loadCachedConfig } from '../config/cache.js';
import { selectHosts } from '../config/selection.js';
import type { Failure } from '../core/failures.js';
import { failureOf } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import type { ActivityControl, Providers } from './activity-control.js';
import { listArchives } from './archive/list-archives.js';
import type { BackupSummary, ListBackupsInput, ListBackupsResult } from './contract.js';
import { listMirrorBackups } from './mirror-backups.js';

/** What one source has, newest first. */
export interface SourceBackups {
  readonly backups: readonly BackupSummary[];
  readonly failures: readonly Failure[];
}

/** The backups of the selected sources; a destination that cannot be read is a failure of its sources, never of the whole list. */
export async function listBackups(
  providers: Providers,
  control: ActivityControl,
  { configPath, selection, limit }: ListBackupsInput,
): Promise<ListBackupsResult> {
  const { hosts } = await loadCachedConfig(configPath);
  const backups: BackupSummary[] = [];
  const failures: Failure[] = [];
  for (const host of selectHosts(hosts, selection)) {
    for (const source of host.sources) {
      control.signal.throwIfAborted();
      control.progress({ host: host.name, source: source.name });
      const found = await listSource(providers, host, source, limit);
      backups.push(...found.backups);
      failures.push(...found.failures);
    }
  }
  return { backups, failures };
}

async function listSource(
  providers: Providers,
  host: HostPlan,
  source: SourcePlan,
  limit: number,
): Promise<SourceBackups> {
  try {
    switch (source.engine) {
      case 'archive':
        return await listArchives(providers, host, source, limit);
      case 'mirror':
        return await listMirrorBackups(host, source);
    }
  } catch (error) {
    return { backups: [], failures: [failureOf(error, { host: host.name, source: source.name })] };
  }
}
