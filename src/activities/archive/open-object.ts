import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { isCompressed, isEncrypted } from '../../core/archive/manifest-keys.js';
import { ANY_WINDOW } from '../../core/archive/tar-script.js';
import type { DataKey, Encryption } from '../../providers/encryption/encryption.js';
import { startZstd } from './local-zstd.js';

export interface StoredFile {
  /** Path on this machine of a file whose bytes are known to be those that were stored (`fetchObject`). */
  readonly file: string;
  /** The object's key or name: its ending says what it is, `.zst`, `.age`, both or neither. */
  readonly name: string;
  /** Undefined where nothing is encrypted. */
  readonly key?: DataKey;
}

export interface OpenOptions {
  /** `false`: compressed content is given out as it is. */
  readonly decompress?: boolean;
}

export interface OpenedObject {
  /** The content. Not to be believed, nor its end, before `ended` has resolved. */
  readonly stdout: Readable;
  /** When all stages have ended well. Rejects with ObjectDamaged, WrongKey, IdentityMissing, ToolMissing or Cancelled. */
  readonly ended: Promise<void>;
  /** Ends the stages; for a reader that leaves early. Without effect once they have ended. */
  stop(): void;
}

/** Starts decrypting and decompressing a stored object with programs of this machine. */
export function openObject(
  encryption: Encryption,
  stored: StoredFile,
  options: OpenOptions,
  outerSignal: AbortSignal,
): OpenedObject {
  const stop = new AbortController();
  const signal = AbortSignal.any([outerSignal, stop.signal]);
  const opened = startStages(encryption, stored, options, signal);
  // Whoever reads may learn of the failure there first.
  opened.ended.catch(() => undefined);
  return { ...opened, stop: () => stop.abort() };
}

/** The content as chunks; throws after the last one when a stage did not end well. A reader that leaves early ends the stages. */
export async function* readObject(
  encryption: Encryption,
  stored: StoredFile,
  options: OpenOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const opened = openObject(encryption, stored, options, signal);
  try {
    for await (const chunk of opened.stdout) yield chunk as Buffer;
    await opened.ended;
  } finally {
    opened.stop();
  }
}

type Stages = Pick<OpenedObject, 'stdout' | 'ended'>;

function startStages(
  encryption: Encryption,
  { file, name, key }: StoredFile,
  { decompress = true }: OpenOptions,
  signal: AbortSignal,
): Stages {
  const compressed = decompress && isCompressed(name);
  if (!isEncrypted(name)) return compressed ? decompressedFile(file, name, signal) : plainFile(file, signal);
  if (key === undefined) {
    throw new HoldfastError('IdentityMissing', `${name} is encrypted, and no private key was given`);
  }
  const age = encryption.open(file, key, signal);
  return compressed ? decompressed(age, name, signal) : age;
}

function plainFile(file: string, signal: AbortSignal): Stages {
  const stdout = createReadStream(file, { highWaterMark: 1 << 20, signal });
  return { stdout, ended: finished(stdout, { writable: false }) };
}

function decompressedFile(file: string, name: string, signal: AbortSignal): Stages {
  const zstd = startZstd(['-dcq', ANY_WINDOW, '--', file], { stdin: 'ignore', stdout: 'pipe' }, signal);
  return { stdout: zstd.child.stdout as Readable, ended: damagedIfBad(zstd.ended, name, signal) };
}

function decompressed(age: Stages, name: string, signal: AbortSignal): Stages {
  const zstd = startZstd(['-dcq', ANY_WINDOW], { stdin: 'pipe', stdout: 'pipe' }, signal);
  const feeding = pipeline(age.stdout, zstd.child.stdin as NodeJS.WritableStream);
  // What age says comes first: zstd sees of its failure only that the stream is cut, and so does the pipe.
  const ended = Promise.allSettled([age.ended, damagedIfBad(zstd.ended, name, signal), feeding]).then((stages) => {
    for (const stage of stages) if (stage.status === 'rejected') throw stage.reason;
  });
  return { stdout: zstd.child.stdout as Readable, ended };
}

/** The bytes are those that were stored: what does not decompress was stored so. */
async function damagedIfBad(ended: Promise<unknown>, name: string, signal: AbortSignal): Promise<void> {
  try {
    await ended;
  } catch (error) {
    if (signal.aborted || (isHoldfastError(error) && error.type === 'ToolMissing')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('ObjectDamaged', `${name} is damaged: ${reason}`);
  }
}
