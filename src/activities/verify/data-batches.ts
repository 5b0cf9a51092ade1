import { objectsOf } from '../../core/archive/chain.js';
import type { Manifest, StoredObject } from '../../core/archive/manifest.js';
import { batchesToRead, isDue } from '../../core/verify/rotation.js';
import type { Repository } from '../archive/open-repository.js';
import type { VerifyBackupInput } from '../contract.js';
import { readDamageOf } from './damage-records.js';

export interface DueBatches {
  readonly batches: readonly (readonly StoredObject[])[];
  readonly wasDamaged: boolean;
}

/**
 * What of a backup is to be read: the share whose turn it is, and whatever an earlier verification found damaged, so that what is right again is noticed.
 * The same for every step of one verification: the record changes at its end only.
 */
export async function dueBatches(
  storage: Repository,
  { host, source, backupId, readPercent, round }: VerifyBackupInput,
  manifest: Manifest | undefined,
): Promise<DueBatches> {
  const record = await readDamageOf(storage, host.name, source.name, backupId);
  if (manifest === undefined) return { batches: [], wasDamaged: record !== undefined };
  const suspect = new Set(record?.objects.first.map(({ name }) => name));
  // The index was read whole already: the structure stands in it.
  const due = objectsOf(manifest).filter(
    ({ name }) => name !== manifest.index.name && (suspect.has(name) || isDue(name, readPercent, round)),
  );
  return { batches: batchesToRead(due), wasDamaged: record !== undefined };
}
