import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import type { AgeProcess, BadEnd } from './age-process.js';
import { startAge } from './age-process.js';
import type { DataKey, Encryption, OpenProcess, Seal } from './encryption.js';
import { assertUsableIdentity } from './identity-text.js';
import { recipientsFile } from './recipients-file.js';

/**
 * age of this machine. Recipients reach it in a file, a private key over standard input or by the path of its file: neither stands in argv.
 *
 * @param directory private, for files of recipients
 */
export class AgeEncryption implements Encryption {
  readonly #seals = new Map<string, Promise<Seal>>();

  constructor(private readonly directory: string) {}

  async sealFor(recipients: readonly string[]): Promise<Seal> {
    const key = recipients.join('\n');
    const known = this.#seals.get(key);
    if (known !== undefined) return known;
    const seal = this.#makeSeal(recipients);
    this.#seals.set(key, seal);
    // What failed may be put right (age is installed, or a newer one): the next asks again.
    seal.catch(() => this.#seals.delete(key));
    return seal;
  }

  open(file: string, key: DataKey, signal: AbortSignal): OpenProcess {
    if (key.text !== undefined) assertUsableIdentity(key.text, key.name);
    const words = ['--decrypt', ...identityWords(key), '--', file];
    const { child, ended } = startAge(words, 'pipe', (end) => cannotOpen(end, file, key.name), signal);
    child.stdin?.end(key.text === undefined ? undefined : `${key.text}\n`);
    return { stdout: child.stdout as Readable, ended };
  }

  async openBytes(bytes: Uint8Array, keyFiles: readonly string[], what: string): Promise<Buffer> {
    const key = { files: keyFiles, name: keyFiles.join(', ') };
    const words = ['--decrypt', ...identityWords(key)];
    return outputOf(
      startAge(words, 'pipe', (end) => cannotOpen(end, what, key.name)),
      bytes,
    );
  }

  async #makeSeal(recipients: readonly string[]): Promise<Seal> {
    const start = (
      stdout: 'pipe' | number,
      explain: (end: BadEnd) => HoldfastError,
      signal?: AbortSignal,
    ): AgeProcess => startAge(['--encrypt', '-R', recipientsFile(this.directory, recipients)], stdout, explain, signal);
    // The one try that tells recipients that age refuses from a transfer that broke.
    await outputOf(start('pipe', refused), Buffer.alloc(0));
    return {
      start: (stdout, signal) => {
        const { child, ended } = start(stdout, interrupted, signal);
        return { stdin: child.stdin as Writable, stdout: child.stdout, ended };
      },
      bytes: (plain) => outputOf(start('pipe', interrupted), plain),
    };
  }
}

const identityWords = ({ files, text }: DataKey): string[] => [
  ...files.flatMap((file) => ['--identity', file]),
  ...(text === undefined ? [] : ['--identity', '-']),
];

async function outputOf({ child, ended }: AgeProcess, input: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin?.end(input);
  await ended;
  return Buffer.concat(chunks);
}

const refused = ({ how, said }: BadEnd): HoldfastError =>
  new HoldfastError('RecipientRefused', `age on this machine does not encrypt to the recipients (${how}): ${said}`);

const interrupted = ({ how, said }: BadEnd): HoldfastError =>
  new HoldfastError('TransferInterrupted', `age on this machine ended with ${how}: ${said}`);

function cannotOpen({ how, said, killed }: BadEnd, what: string, keyName: string): HoldfastError {
  if (killed) return new HoldfastError('TransferInterrupted', `age on this machine ended with ${how}`);
  if (said.includes('no identity matched')) {
    return new HoldfastError(
      'WrongKey',
      `${what} cannot be opened with ${keyName}: it was encrypted to other recipients`,
    );
  }
  if (/passphrase/.test(said)) {
    return new HoldfastError(
      'SecretUnavailable',
      `${keyName} is protected by a passphrase, which nobody can be asked for here`,
    );
  }
  if (/^reading "|identity/.test(said)) {
    return new HoldfastError('SecretUnavailable', `${keyName} is not a private key that age can use: ${said}`);
  }
  return new HoldfastError('ObjectDamaged', `${what} cannot be decrypted: ${said}`);
}
