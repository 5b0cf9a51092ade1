import type { HostPlan } from '../../core/plan.js';
import type { LastProof } from '../../core/verify/proof.js';
import type { Providers } from '../activity-control.js';
import type { BackupSummary, KnownSource, ListBackupsResult } from '../contract.js';
import { listedSource } from './cataloged-backups.js';
import { fromCatalog } from './use-catalog.js';

/** The backups of these hosts' sources as the catalog has them, and since when it knows. Throws CatalogUnavailable. */
export async function listKnown(
  providers: Providers,
  hosts: readonly HostPlan[],
  limit: number,
): Promise<ListBackupsResult> {
  const backups: BackupSummary[] = [];
  const proofs: LastProof[] = [];
  const known: KnownSource[] = [];
  for (const host of hosts) {
    for (const { name } of host.sources) {
      const place = { host: host.name, source: name };
      const found = await fromCatalog(providers, host.catalog, (catalog) => catalog.source(place));
      known.push({ ...place, knownAt: found?.knownAt ?? null });
      if (found === undefined) continue;
      const listed = listedSource(found);
      backups.push(...listed.backups.slice(0, limit));
      if (listed.lastProvenRestore !== undefined) proofs.push(listed.lastProvenRestore);
    }
  }
  return { known, backups, failures: [], ...(proofs.length === 0 ? {} : { lastProvenRestore: proofs }) };
}
