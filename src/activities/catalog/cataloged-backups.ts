import type { CatalogBackup, CatalogedSource } from '../../core/catalog-records.js';
import type { LastProof } from '../../core/verify/proof.js';
import type { SourceBackups } from '../backups.js';
import type { BackupSummary } from '../contract.js';

/** A backup's line of a listing as the catalog keeps it. */
export const cataloged = (summary: BackupSummary): CatalogBackup => ({
  host: summary.host,
  source: summary.source,
  id: summary.id,
  startedAt: summary.startedAt,
  details: { ...summary },
});

/** All that a look at a source found. */
export const catalogedSource = (host: string, source: string, found: SourceBackups): CatalogedSource => ({
  host,
  source,
  knownAt: new Date().toISOString(),
  backups: found.backups.map(cataloged),
  ...(found.lastProvenRestore === undefined ? {} : { proof: { ...found.lastProvenRestore } }),
});

/** Back to what a listing shows: written by `cataloged`, maybe of an older version, whose lines lack fields that came later. */
export const listedSource = ({ backups, proof }: CatalogedSource): SourceBackups => ({
  backups: backups.map(({ details }) => details as unknown as BackupSummary),
  failures: [],
  ...(proof === undefined ? {} : { lastProvenRestore: proof as unknown as LastProof }),
});
