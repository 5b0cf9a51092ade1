import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HoldfastError } from '../../core/failures.js';
import { KEY_FILES } from './keys-directory.js';

/** What of a worker's keys was made now, and not there before. */
export interface MadeKeys {
  readonly index: boolean;
  readonly signing: boolean;
}

/**
 * Makes the keys that a worker lacks; never overwrites a private one. The public parts are made to fit. Throws ToolMissing when age-keygen is
 * not there.
 */
export async function makeKeys(directory: string): Promise<MadeKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const index = !existsSync(join(directory, KEY_FILES.index));
  if (index) await writeNew(directory, KEY_FILES.index, await ageIdentity());
  const recipient = recipientIn(await readFile(join(directory, KEY_FILES.index), 'utf8'), directory);
  await writePublic(directory, KEY_FILES.indexPublic, `${recipient}\n`);

  const signing = !existsSync(join(directory, KEY_FILES.signing));
  if (signing) await writeNew(directory, KEY_FILES.signing, signingKey());
  const pem = await readFile(join(directory, KEY_FILES.signing));
  const shown = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' });
  await writePublic(directory, KEY_FILES.signingPublic, shown.toString());
  return { index, signing };
}

async function ageIdentity(): Promise<string> {
  try {
    return (await promisify(execFile)('age-keygen', [], { env: { PATH: process.env['PATH'] } })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new HoldfastError('ToolMissing', 'this machine has no age-keygen on its PATH (package age)');
  }
}

/** age-keygen writes the public part as a remark. */
function recipientIn(identity: string, directory: string): string {
  const recipient = /^# public key: (age1\S+)$/m.exec(identity)?.[1];
  if (recipient !== undefined) return recipient;
  const file = join(directory, KEY_FILES.index);
  throw new HoldfastError('SecretUnavailable', `${file} is not a key as age-keygen makes it`);
}

const signingKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Whole or not at all, and only if there is none: a link to a name that exists fails. */
async function writeNew(directory: string, name: string, text: string): Promise<void> {
  await withFresh(directory, name, text, 0o600, (fresh) => link(fresh, join(directory, name)));
}

async function writePublic(directory: string, name: string, text: string): Promise<void> {
  await withFresh(directory, name, text, 0o644, (fresh) => rename(fresh, join(directory, name)));
}

async function withFresh(
  directory: string,
  name: string,
  text: string,
  mode: number,
  publish: (fresh: string) => Promise<void>,
): Promise<void> {
  const fresh = join(directory, `.${name}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(fresh, text, { mode, flag: 'wx', flush: true });
    await publish(fresh);
  } finally {
    await rm(fresh, { force: true });
  }
}
