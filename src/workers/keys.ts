import { KeyFiles } from '../providers/keys/key-files.js';
import { defaultKeysDirectory } from '../providers/keys/keys-directory.js';
import type { MadeKeys } from '../providers/keys/make-keys.js';
import { makeKeys } from '../providers/keys/make-keys.js';

/** The public parts of this machine's keys, and where the keys lie. */
export interface PublicKeys {
  readonly directory: string;
  /** `age1…`; undefined when there is no key. */
  readonly indexRecipient: string | undefined;
  /** Base64; undefined when there is no key. */
  readonly signingKey: string | undefined;
}

/** @param configured `config.keys_dir` */
export async function publicKeys(configured: string | undefined): Promise<PublicKeys> {
  const { directory, index, signing } = await new KeyFiles().workerKeys(configured);
  return { directory, indexRecipient: index?.recipient, signingKey: signing?.publicKey };
}

/** Makes the keys that this machine lacks; none is overwritten. */
export async function initKeys(configured: string | undefined): Promise<MadeKeys & PublicKeys> {
  const made = await makeKeys(configured ?? defaultKeysDirectory());
  return { ...made, ...(await publicKeys(configured)) };
}
