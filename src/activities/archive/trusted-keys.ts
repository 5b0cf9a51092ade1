import type { DestinationPlan } from '../../core/plan.js';
import type { KeyStore, WorkerKeys } from '../../providers/keys/key-store.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { readRepositoryRecord } from './repository.js';
import type { SeenBackups } from './seen-backups.js';

/**
 * Whose manifests are believed: the keys of the configuration and the worker's own. Only a worker that knows none takes what the repository's
 * record names when it first sees it, and keeps to that: whoever can write to the destination can change the record, but not what was
 * kept. Empty: whose a manifest is cannot be told.
 */
export async function trustedKeys(
  keys: KeyStore,
  destination: DestinationPlan,
  { signing }: WorkerKeys,
  storage: ObjectStorage,
  seen: SeenBackups,
): Promise<readonly string[]> {
  const configured = await Promise.all((destination.verifyKeys ?? []).map((key) => keys.verifyKey(key)));
  const known = [...configured, ...(signing === undefined ? [] : [signing.publicKey])];
  if (known.length > 0) return known;
  const kept = await seen.signingKeys();
  if (kept !== undefined) return kept;
  const record = await readRepositoryRecord(storage);
  if (record === undefined) return [];
  const named = record.signingKeys ?? [];
  await seen.keepSigningKeys(named);
  return named;
}
