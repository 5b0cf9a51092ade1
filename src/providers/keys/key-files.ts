import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { KeyStore, WorkerKeys } from './key-store.js';
import { defaultKeysDirectory, KEY_FILES } from './keys-directory.js';

/** Keys in files of this machine. */
export class KeyFiles implements KeyStore {
  async workerKeys(directory: string = defaultKeysDirectory()): Promise<WorkerKeys> {
    const [index, signing] = await Promise.all([readIndexKey(directory), readSigningKey(directory)]);
    return { directory, ...(index === undefined ? {} : { index }), ...(signing === undefined ? {} : { signing }) };
  }

  async verifyKey(keyOrPath: string): Promise<string> {
    if (!keyOrPath.startsWith('/')) return keyOrPath;
    try {
      return publicKeyText(createPublicKey(await readFile(keyOrPath)));
    } catch (error) {
      throw unusable(keyOrPath, `it holds no Ed25519 public key (${reasonOf(error)})`);
    }
  }
}

/** Base64 of the 32 bytes of an Ed25519 key's public part. */
export function publicKeyText(key: KeyObject): string {
  const { crv, x } = key.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new Error(`its kind is ${String(key.asymmetricKeyType)}`);
  return Buffer.from(x, 'base64url').toString('base64');
}

async function readIndexKey(directory: string): Promise<WorkerKeys['index']> {
  const file = join(directory, KEY_FILES.index);
  if ((await readPrivate(file)) === undefined) return undefined;
  const shown = join(directory, KEY_FILES.indexPublic);
  const recipient = (await readFile(shown, 'utf8').catch((error: unknown) => refuse(shown, reasonOf(error)))).trim();
  return { file, recipient };
}

async function readSigningKey(directory: string): Promise<WorkerKeys['signing']> {
  const file = join(directory, KEY_FILES.signing);
  const pem = await readPrivate(file);
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    return {
      publicKey: publicKeyText(createPublicKey(key)),
      sign: (bytes) => sign(null, bytes, key).toString('base64'),
    };
  } catch (error) {
    throw unusable(file, `it holds no Ed25519 private key (${reasonOf(error)})`);
  }
}

/** The bytes of a private key's file, or undefined when there is none. Throws SecretUnavailable when others than its owner may read it. */
async function readPrivate(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      if (mode & 0o077) throw unusable(path, `its mode is ${(mode & 0o777).toString(8).padStart(4, '0')}; use 0600`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unusable(path, reasonOf(error));
  }
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

const unusable = (path: string, why: string): HoldfastError =>
  new HoldfastError('SecretUnavailable', `the key ${path} cannot be used: ${why}`);

function refuse(path: string, why: string): never {
  throw unusable(path, why);
}
