import { createPublicKey, verify } from 'node:crypto';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { signedBytes } from './manifest-schema.js';

/**
 * Makes sure that one of these keys has signed the manifest. Host, source and id are among the signed bytes: it cannot stand for another
 * backup either. Throws ManifestUntrusted.
 *
 * @param keys base64 Ed25519 public keys; empty: nothing can be told, and nothing is thrown
 * @param where for messages: the manifest's key
 */
export function assertTrusted(manifest: Manifest, keys: readonly string[], where: string): void {
  if (keys.length === 0) return;
  const { signature } = manifest;
  if (signature === undefined) {
    throw untrusted(where, 'is not signed: it was planted, or made by a worker without keys');
  }
  if (!keys.includes(signature.key)) {
    throw untrusted(where, `was signed with the key ${signature.key}, which is not known here`);
  }
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(signature.key, 'base64').toString('base64url') },
    format: 'jwk',
  });
  if (verify(null, signedBytes(manifest), key, Buffer.from(signature.value, 'base64'))) return;
  throw untrusted(where, 'does not fit its signature: it was changed after it was signed');
}

const untrusted = (where: string, what: string): HoldfastError =>
  new HoldfastError('ManifestUntrusted', `${where} ${what}`);
