import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { childEnvironment } from '../../core/child-environment.js';
import { HoldfastError } from '../../core/failures.js';
import {
  editedKnownHosts,
  foundLineNumbers,
  type HostKey,
  type KnownKey,
  knownHostsLine,
  parseKnownHostsLine,
} from '../../core/ssh/known-hosts.js';
import { fingerprintOf } from './fingerprint.js';

/** The keys that these files have for a name, as ssh would find them. Files that are not there have none. */
export async function knownKeys(name: string, files: readonly string[]): Promise<KnownKey[]> {
  return (await Promise.all(files.map((file) => keysIn(file, name)))).flat();
}

async function keysIn(file: string, name: string): Promise<KnownKey[]> {
  const text = await textOf(file);
  if (text === undefined || text === '') return [];
  const lines = text.split('\n');
  return foundLineNumbers(await keygenFind(name, file)).flatMap((line): KnownKey[] => {
    const parsed = parseKnownHostsLine(lines[line - 1] ?? '');
    if (parsed === undefined) return [];
    const { type, blob, marker } = parsed;
    return [{ type, blob, fingerprint: fingerprintOf(blob), file, line, ...(marker === undefined ? {} : { marker }) }];
  });
}

/** ssh-keygen(1) knows hashed names, wildcards and negations as ssh does; status 1: nothing found. */
function keygenFind(name: string, file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: childEnvironment(process.env), cwd: '/', maxBuffer: 64 * 1024 * 1024 };
    execFile('ssh-keygen', ['-F', name, '-f', file], options, (error, stdout, stderr) => {
      if (error === null || error.code === 1) return resolve(stdout);
      if (error.code === 'ENOENT') return reject(new HoldfastError('ToolMissing', 'this machine has no ssh-keygen'));
      reject(new HoldfastError('ConfigInvalid', `ssh-keygen cannot read ${file}: ${stderr.trim()}`));
    });
  });
}

export interface KnownHostsChange {
  /** What ssh looks the host up by. */
  readonly name: string;
  readonly added: readonly HostKey[];
  /** Recorded keys that give way. */
  readonly removed: readonly KnownKey[];
  /** Names are stored as salted hashes (HashKnownHosts). */
  readonly hashed: boolean;
}

/**
 * Records keys in `file`, whole or not at all: a new file takes the old one's place. Throws ConfigInvalid when the file cannot be written, or when a key that
 * is to go stands in another file or for other hosts too.
 */
export async function changeKnownHosts(
  file: string,
  { name, added, removed, hashed }: KnownHostsChange,
): Promise<void> {
  const elsewhere = removed.find((key) => key.file !== file);
  if (elsewhere !== undefined) {
    const { file: other, line } = elsewhere;
    throw new HoldfastError('ConfigInvalid', `the old key stands in line ${line} of ${other}; remove it there by hand`);
  }
  const lines = added.map((key) => knownHostsLine(hashed ? hashedName(name) : name, key));
  await atFile(file, async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // A link stays a link.
    const target = await realpath(file).catch(() => file);
    const text = (await textOf(target)) ?? '';
    const edited = editedKnownHosts(
      text,
      lines,
      removed.map(({ line }) => line),
    );
    if (edited === undefined) {
      const numbers = removed.map(({ line }) => line).join(', ');
      throw new HoldfastError('ConfigInvalid', `${file}: line ${numbers} stands for other hosts too; edit it by hand`);
    }
    await replace(target, text, edited);
  });
}

async function replace(target: string, before: string, after: string): Promise<void> {
  const draft = `${target}.holdfast-${randomBytes(6).toString('hex')}`;
  const mode = await lstat(target).then(
    (status) => status.mode & 0o777,
    () => 0o600,
  );
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(after, 'latin1');
      await handle.sync();
    } finally {
      await handle.close();
    }
    // An ssh of the same user may have added a key meanwhile.
    if (((await textOf(target)) ?? '') !== before)
      throw new HoldfastError('ConfigInvalid', `${target} was changed meanwhile; run the command again`);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Undefined when there is no such file. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    // As bytes: lines of others stay as they are, whatever they hold.
    return await readFile(file, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new HoldfastError('ConfigInvalid', `${file} cannot be read: ${(error as Error).message}`);
  }
}

async function atFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw new HoldfastError('ConfigInvalid', `${file} cannot be written: ${(error as Error).message}`);
  }
}

/** `|1|SALT|HMAC-SHA1(SALT, NAME)`, as sshd(8) describes it. */
function hashedName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
