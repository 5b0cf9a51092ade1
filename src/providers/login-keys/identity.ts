import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { childEnvironment } from '../../core/child-environment.js';
import { type AuthorizedKey, parsePublicKey } from '../../core/ssh/authorized-keys.js';
import { HoldfastError } from '../../core/failures.js';

/** A private key on this machine that the worker logs in with. */
export interface Identity {
  readonly file: string;
  readonly publicKey: Omit<AuthorizedKey, 'options'>;
  /** It was made just now. */
  readonly isNew: boolean;
}

/** The first of these files that is there, else the default. */
export async function chooseIdentity(configured: string | undefined, candidates: readonly string[]): Promise<string> {
  if (configured !== undefined) return expanded(configured);
  for (const candidate of candidates.map(expanded)) {
    if (!candidate.includes('%') && (await exists(candidate))) return candidate;
  }
  return join(homedir(), '.ssh', 'id_ed25519');
}

/** Makes the key with ssh-keygen (Ed25519, mode 600, no passphrase: nobody is there to type it) when it is missing. Overwrites nothing. */
export async function provideIdentity(file: string): Promise<Identity> {
  const [hasPrivate, hasPublic] = await Promise.all([exists(file), exists(`${file}.pub`)]);
  if (hasPrivate || hasPublic) return { file, publicKey: await readPublicKey(file, hasPublic), isNew: false };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw keyFailure(`${dirname(file)} cannot be made: ${error.message}`);
  });
  await keygen(['-q', '-t', 'ed25519', '-N', '', '-C', `holdfast@${hostname()}`, '-f', file]);
  return { file, publicKey: await readPublicKey(file, true), isNew: true };
}

async function readPublicKey(file: string, hasPublic: boolean): Promise<Identity['publicKey']> {
  const text = hasPublic
    ? await readFile(`${file}.pub`, 'utf8').catch((error: Error) => {
        throw keyFailure(`${file}.pub cannot be read: ${error.message}`);
      })
    : await keygen(['-y', '-P', '', '-f', file]);
  const key = parsePublicKey(text);
  if (key === undefined) throw keyFailure(`${hasPublic ? `${file}.pub` : file} does not give a public key`);
  return key;
}

const expanded = (file: string): string => (file.startsWith('~/') ? join(homedir(), file.slice(2)) : file);

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

const keyFailure = (message: string): HoldfastError => new HoldfastError('HostAuthFailed', message);

function keygen(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'ssh-keygen',
      words,
      { env: childEnvironment(process.env), cwd: '/' },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        if (error.code === 'ENOENT') return reject(new HoldfastError('ToolMissing', 'this machine has no ssh-keygen'));
        const said = stderr.trim().split('\n').at(-1) ?? '';
        reject(keyFailure(`ssh-keygen: ${said === '' ? error.message : said}`));
      },
    );
    // It would ask before it overwrote a file that came into being meanwhile.
    child.stdin?.end();
  });
}
