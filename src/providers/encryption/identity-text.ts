import { HoldfastError } from '../../core/failures.js';

/**
 * Refuses what age could not use without asking a person: a key behind a passphrase, or what is no key at all. Says nothing of the text.
 * Throws SecretUnavailable.
 */
export function assertUsableIdentity(text: string, name: string): void {
  if (isProtected(text)) {
    const advice = 'give it without one, by a command that removes it: --identity-command';
    throw new HoldfastError('SecretUnavailable', `${name} is protected by a passphrase; ${advice}`);
  }
  if (/^\s*-----BEGIN (?:OPENSSH|RSA) PRIVATE KEY-----/.test(text)) return;
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/m.test(text)) return;
  throw new HoldfastError('SecretUnavailable', `${name} holds no private key of age or SSH`);
}

function isProtected(text: string): boolean {
  if (
    /^age-encryption\.org\/v1|^-----BEGIN AGE ENCRYPTED FILE-----|^Proc-Type: 4,ENCRYPTED|ENCRYPTED PRIVATE KEY/m.test(
      text,
    )
  ) {
    return true;
  }
  const openssh = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text);
  return openssh !== null && cipherOf(Buffer.from(openssh[1] as string, 'base64')) !== 'none';
}

/** OpenSSH's key files (PROTOCOL.key) begin with a mark and the name of the cipher. */
function cipherOf(bytes: Buffer): string {
  const at = 'openssh-key-v1\0'.length;
  if (bytes.length < at + 4) return 'none';
  return bytes.toString('latin1', at + 4, at + 4 + bytes.readUInt32BE(at));
}
