/*
 * age recipients: the public keys that objects are encrypted to.
 */

/** Bech32's characters without the ones that it leaves out. */
const AGE = /^age1[02-9ac-hj-np-z]{58}$/;
/** Post-quantum (hybrid) recipients are much longer; age itself says whether it knows them. */
const AGE_POST_QUANTUM = /^age1pq1[02-9ac-hj-np-z]{50,4000}$/;
const SSH = /^(?:ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]{40,}={0,2}(?: .*)?$/;

/** Whether text has the form of a recipient. A key's own checks are age's. */
export const isRecipient = (text: string): boolean => AGE.test(text) || AGE_POST_QUANTUM.test(text) || SSH.test(text);

/** Without the comment that an SSH key may carry: who it is for does not change when the comment does. */
const bare = (recipient: string): string => recipient.trim().split(/ +/).slice(0, 2).join(' ');

/** Each recipient once, in one order: two lists of the same recipients are the same. */
export const recipientSet = (recipients: readonly string[]): string[] => [...new Set(recipients.map(bare))].sort();

/** The recipients of a file, one a line; empty lines and those that begin with `#` count for nothing. */
export const recipientLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** Who can open the objects of a backup, as its manifest says. */
export interface EncryptionRecord {
  /** Of everything. */
  readonly recipients: readonly string[];
  /** Of the index: the same, and the worker's own key. */
  readonly indexRecipients: readonly string[];
}

/** Why a backup with these recipients cannot build on one with those; undefined when it can. */
export function encryptionChange(
  before: EncryptionRecord | undefined,
  now: EncryptionRecord | undefined,
): string | undefined {
  if (before === undefined) return now === undefined ? undefined : 'the destination is encrypted now';
  if (now === undefined) return 'the destination is no longer encrypted';
  if (!sameSet(before.recipients, now.recipients)) return 'the recipients have changed';
  return sameSet(before.indexRecipients, now.indexRecipients) ? undefined : 'the worker’s index key has changed';
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  recipientSet(a).join('\n') === recipientSet(b).join('\n');
