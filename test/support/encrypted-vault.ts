import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalDestination } from '../../src/core/plan.js';
import { makeKeys } from '../../src/providers/keys/make-keys.js';

/** An encrypted local destination, the worker's keys, and the recipient's private key, which lies elsewhere. */
export interface EncryptedVault {
  readonly directory: string;
  readonly destination: LocalDestination & { readonly keysDir: string };
  readonly recipient: string;
  /** Path of the recipient's private key. */
  readonly identity: string;
  remove(): void;
}

export async function makeEncryptedVault(): Promise<EncryptedVault> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-vault-'));
  const [path, keysDir, elsewhere] = ['vault', 'keys', 'elsewhere'].map((name) => join(directory, name)) as Three;
  for (const made of [path, elsewhere]) mkdirSync(made);
  await makeKeys(keysDir);
  const identity = join(elsewhere, 'recipient.key');
  const recipient = makeIdentity(identity);
  const destination = { name: 'vault', type: 'local' as const, path, keysDir, encryption: { recipients: [recipient] } };
  return { directory, destination, recipient, identity, remove: () => rmSync(directory, { recursive: true }) };
}

type Three = [string, string, string];

/** Makes a key pair of age's; gives the public part. */
export function makeIdentity(file: string): string {
  execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
  return execFileSync('age-keygen', ['-y', file], { encoding: 'utf8' }).trim();
}

/** Every file below a directory, with its bytes as text of the same characters. */
export const filesBelow = (directory: string): { readonly name: string; readonly text: string }[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, text: readFileSync(name, 'latin1') }));
