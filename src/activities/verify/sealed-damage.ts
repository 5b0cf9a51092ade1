import type { DamageRecord } from '../../core/verify/damage.js';
import { isHoldfastError } from '../../core/failures.js';
import type { Repository } from '../archive/open-repository.js';

/** A record of damage as an encrypted destination has it: what names files is for those who can read the index. */
interface SealedDamage extends DamageRecord {
  /** Base64 of an age file with `objects` and `files` as JSON. */
  readonly sealed?: string;
}

/** The record as it is to be stored. */
export async function sealDamage(storage: Repository, record: DamageRecord): Promise<SealedDamage> {
  const sealing = await storage.sealing();
  if (sealing === undefined) return record;
  const { objects, files } = record;
  const sealed = await sealing.index.bytes(Buffer.from(JSON.stringify({ objects, files })));
  return {
    ...record,
    objects: { ...objects, first: objects.first.map(({ name }) => ({ name, problem: 'it is damaged' })) },
    files: { ...files, first: [] },
    sealed: sealed.toString('base64'),
  };
}

/** The record as it was given to `sealDamage`; without the worker's index key it stays without names. */
export async function openDamage(storage: Repository, stored: SealedDamage): Promise<DamageRecord> {
  const { sealed, ...record } = stored;
  const key = sealed === undefined ? undefined : await storage.indexKey();
  if (sealed === undefined || key === undefined || key.files.length === 0) return record;
  try {
    const what = `the damage record of ${record.backupId}`;
    const bytes = await storage.encryption.openBytes(Buffer.from(sealed, 'base64'), key.files, what);
    return { ...record, ...(JSON.parse(bytes.toString('utf8')) as Pick<DamageRecord, 'objects' | 'files'>) };
  } catch (error) {
    if (isHoldfastError(error) && (error.type === 'WrongKey' || error.type === 'ObjectDamaged')) return record;
    throw error;
  }
}
