import { loadCachedConfig } from '../config/cache.js';
import { selectHosts } from '../config/selection.js';
import type { Failure } from '../core/failures.js';
import { failureOf } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import type { LastProof } from '../core/verify/proof.js';
import type { ActivityControl, Providers } from './activity-control.js';
import { listArchives } from './archive/list-archives.js';
import { listKnown } from './catalog/list-known.js';
import type { BackupSummary, ListBackupsInput, ListBackupsResult } from './contract.js';
import { readLastProof } from './drill/proof-records.js';
import { listMirrorBackups } from './mirror-backups.js';

/** What one source has, newest first. */
export interface SourceBackups {
  readonly backups: readonly BackupSummary[];
  readonly failures: readonly Failure[];
  readonly lastProvenRestore?: LastProof;
}

/** The backups of the selected sources; a destination that cannot be read is a failure of its sources, never of the whole list. */
export async function listBackups(
  providers: Providers,
  control: ActivityControl,
  { configPath, selection, limit, offline = false }: ListBackupsInput,
): Promise<ListBackupsResult> {
  const { hosts } = await loadCachedConfig(configPath);
  if (offline) return listKnown(providers, selectHosts(hosts, selection), limit);
  const backups: BackupSummary[] = [];
  const failures: Failure[] = [];
  const proofs: LastProof[] = [];
  for (const host of selectHosts(hosts, selection)) {
    for (const source of host.sources) {
      control.signal.throwIfAborted();
      control.progress({ host: host.name, source: source.name });
      const found = await listSource(providers, host, source, limit);
      backups.push(...found.backups);
      failures.push(...found.failures);
      if (found.lastProvenRestore !== undefined) proofs.push(found.lastProvenRestore);
    }
  }
  return { backups, failures, ...(proofs.length === 0 ? {} : { lastProvenRestore: proofs }) };
}

async function withProof(
  providers: Providers,
  host: HostPlan,
  source: SourcePlan,
  found: SourceBackups,
): Promise<SourceBackups> {
  if (found.backups.length === 0) return found;
  const storage = await providers.openStorage(source.destination);
  try {
    const lastProvenRestore = await readLastProof(storage, host.name, source.name);
    return lastProvenRestore === undefined ? found : { ...found, lastProvenRestore };
  } finally {
    await storage.close();
  }
}

export async function listSource(
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
        return await withProof(providers, host, source, await listMirrorBackups(host, source, limit));
    }
  } catch (error) {
    return { backups: [], failures: [failureOf(error, { host: host.name, source: source.name })] };
  }
}
