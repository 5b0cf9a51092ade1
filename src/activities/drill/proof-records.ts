import { proofKey, proofPrefix } from '../../core/archive/manifest-keys.js';
import { type LastProof, lastProof, type ProofRecord } from '../../core/verify/proof.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { readRecord, readRecords, replaceRecord } from '../verify/source-records.js';

/** The newest good proof of a source. */
export const readLastProof = async (
  storage: ObjectStorage,
  host: string,
  source: string,
): Promise<LastProof | undefined> =>
  lastProof((await readRecords<ProofRecord>(storage, proofPrefix(host, source))).values());

/** A drill that failed does not take back that an earlier one of the same backup succeeded. */
export async function writeProof(storage: ObjectStorage, record: ProofRecord): Promise<void> {
  const key = proofKey(record.host, record.source, record.backupId);
  if (record.result === 'failed' && (await readRecord<ProofRecord>(storage, key))?.result === 'ok') return;
  await replaceRecord(storage, key, record);
}
