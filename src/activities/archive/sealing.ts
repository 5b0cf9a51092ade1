import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import type { DestinationPlan } from '../../core/plan.js';
import type { EncryptionRecord } from '../../core/archive/recipients.js';
import { isRecipient, recipientLines, recipientSet } from '../../core/archive/recipients.js';
import type { Encryption, Seal } from '../../providers/encryption/encryption.js';
import type { WorkerKeys } from '../../providers/keys/key-store.js';

/** How the objects of an encrypted destination are written. */
export interface Sealing {
  /** As manifests have it. */
  readonly record: EncryptionRecord;
  /** To the recipients. */
  readonly data: Seal;
  /** To the recipients and to the worker's own index key: for indexes and whatever else names files. */
  readonly index: Seal;
}

/** Undefined for a destination that is not encrypted. */
export async function sealingFor(
  encryption: Encryption,
  destination: DestinationPlan,
  workerKeys: () => Promise<WorkerKeys>,
): Promise<Sealing | undefined> {
  if (destination.encryption === undefined) return undefined;
  const { index } = requiredKeys(destination, await workerKeys());
  const recipients = recipientSet(await recipientsOf(destination));
  const indexRecipients = recipientSet([...recipients, index.recipient]);
  const [data, sealedIndex] = await Promise.all([encryption.sealFor(recipients), encryption.sealFor(indexRecipients)]);
  return { record: { recipients, indexRecipients }, data, index: sealedIndex };
}

/** Both keys of the worker, without which nothing is written to an encrypted destination. Throws KeysMissing. */
export function requiredKeys(destination: DestinationPlan, keys: WorkerKeys): Required<WorkerKeys> {
  const { directory, index, signing } = keys;
  if (index !== undefined && signing !== undefined) return { directory, index, signing };
  const missing = [...(index ? [] : ['index key']), ...(signing ? [] : ['signing key'])].join(' and no ');
  const message = `the destination ${destination.name} is encrypted, and the worker has no ${missing} in ${directory}`;
  throw new HoldfastError('KeysMissing', message);
}

/** Throws ConfigInvalid. */
async function recipientsOf({ name, encryption }: DestinationPlan): Promise<string[]> {
  const { recipients = [], recipientsFile } = encryption ?? {};
  const all = [...recipients, ...(recipientsFile === undefined ? [] : await readRecipients(recipientsFile))];
  if (all.length === 0) throw new HoldfastError('ConfigInvalid', `the destination ${name} is encrypted to nobody`);
  return all;
}

async function readRecipients(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('ConfigInvalid', `the recipients file ${file} cannot be read on the worker: ${reason}`);
  });
  const lines = recipientLines(text);
  const wrong = lines.findIndex((line) => !isRecipient(line));
  // The line is not shown: somebody may have put a private key there.
  if (wrong >= 0) {
    const message = `the recipients file ${file} holds what is no recipient (entry ${wrong + 1}); write age1…, ssh-ed25519 … or ssh-rsa …`;
    throw new HoldfastError('ConfigInvalid', message);
  }
  return lines;
}
