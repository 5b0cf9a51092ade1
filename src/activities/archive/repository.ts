import { HoldfastError } from '../../core/failures.js';
import type { RepositoryRecord } from '../../core/manifest.js';
import { FORMAT } from '../../core/manifest.js';
import { REPOSITORY_KEY } from '../../core/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';

/**
 * Makes sure that a destination is a repository of this format; its first use makes it one, unless `dryRun`.
 * Throws DestinationInvalid.
 */
export async function ensureRepository(storage: ObjectStorage, dryRun: boolean): Promise<void> {
  const found = await storage.readSmall(REPOSITORY_KEY);
  if (found !== undefined) return checkRecord(storage, found);
  if (dryRun) return;
  const record: RepositoryRecord = {
    kind: 'holdfast-repository',
    format: FORMAT,
    createdAt: new Date().toISOString(),
    recipients: [],
  };
  if (await storage.putIfAbsent(REPOSITORY_KEY, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))) return;
  const other = await storage.readSmall(REPOSITORY_KEY);
  if (other === undefined) throw invalid(storage, 'cannot be read although it exists');
  checkRecord(storage, other);
}

function checkRecord(storage: ObjectStorage, bytes: Buffer): void {
  let record: Partial<RepositoryRecord> | null;
  try {
    record = JSON.parse(bytes.toString('utf8')) as Partial<RepositoryRecord> | null;
  } catch {
    throw invalid(storage, 'is not JSON');
  }
  if (record?.kind !== 'holdfast-repository') throw invalid(storage, 'is not of a Holdfast repository');
  if (record.format !== FORMAT)
    throw invalid(storage, `says format ${String(record.format)}, this version knows ${FORMAT}`);
}

const invalid = (storage: ObjectStorage, what: string): HoldfastError =>
  new HoldfastError('DestinationInvalid', `${storage.location}: ${REPOSITORY_KEY} ${what}`);
