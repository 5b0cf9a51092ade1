import { HoldfastError } from '../../core/failures.js';
import type { RepositoryRecord } from '../../core/archive/manifest.js';
import { FORMAT } from '../../core/archive/manifest.js';
import { REPOSITORY_KEY } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Repository } from './open-repository.js';

/**
 * Makes sure that a destination is a repository of this format; its first use makes it one, unless `dryRun`.
 * Throws DestinationInvalid, and what stands in the way of writing there encrypted (KeysMissing, RecipientRefused).
 */
export async function ensureRepository(storage: Repository, dryRun: boolean): Promise<void> {
  const [sealing, signing] = await Promise.all([storage.sealing(), storage.signing()]);
  const found = await readRepositoryRecord(storage);
  if (found !== undefined || dryRun) return;
  const record: RepositoryRecord = {
    kind: 'holdfast-repository',
    format: FORMAT,
    createdAt: new Date().toISOString(),
    recipients: sealing?.record.recipients ?? [],
    ...(signing === undefined ? {} : { signingKeys: [signing.publicKey] }),
  };
  if (await storage.putIfAbsent(REPOSITORY_KEY, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))) return;
  const other = await readRepositoryRecord(storage);
  if (other === undefined) throw invalid(storage, 'cannot be read although it exists');
}

/** The repository's record, or undefined when there is none. Throws DestinationInvalid. */
export async function readRepositoryRecord(storage: ObjectStorage): Promise<RepositoryRecord | undefined> {
  const bytes = await storage.readSmall(REPOSITORY_KEY);
  return bytes === undefined ? undefined : checkedRecord(storage, bytes);
}

function checkedRecord(storage: ObjectStorage, bytes: Buffer): RepositoryRecord {
  let record: Partial<RepositoryRecord> | null;
  try {
    record = JSON.parse(bytes.toString('utf8')) as Partial<RepositoryRecord> | null;
  } catch {
    throw invalid(storage, 'is not JSON');
  }
  if (record?.kind !== 'holdfast-repository') throw invalid(storage, 'is not of a Holdfast repository');
  if (record.format !== FORMAT)
    throw invalid(storage, `says format ${String(record.format)}, this version knows ${FORMAT}`);
  return record as RepositoryRecord;
}

const invalid = (storage: ObjectStorage, what: string): HoldfastError =>
  new HoldfastError('DestinationInvalid', `${storage.location}: ${REPOSITORY_KEY} ${what}`);
