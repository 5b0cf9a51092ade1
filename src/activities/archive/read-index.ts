import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RecordCutter } from '../../core/entries/byte-records.js';
import type { IndexLine } from '../../core/entries/entry.js';
import { comparePaths, linePath } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { decodeIndexLine, IndexLineError } from '../../core/archive/index-codec.js';
import type { Manifest, StoredObject } from '../../core/archive/manifest.js';
import { backupPrefix, isEncrypted } from '../../core/archive/manifest-keys.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { DataKey, Encryption } from '../../providers/encryption/encryption.js';
import { readObject } from './open-object.js';
import type { Repository } from './open-repository.js';

const CHUNK_BYTES = 64 * 1024;

/** What opens an object that may be encrypted. */
export interface Opener {
  readonly encryption: Encryption;
  readonly key?: DataKey;
}

/** What opens indexes and running plans of a destination. Throws IdentityMissing when there is no key for an object of this name. */
export async function indexOpener(storage: Repository, name: string): Promise<Opener> {
  const { encryption } = storage;
  if (!isEncrypted(name)) return { encryption };
  const key = await storage.indexKey();
  if (key !== undefined) return { encryption, key };
  const message = `${name} in ${storage.location} is encrypted, and this worker has neither an index key nor a private key for it`;
  throw new HoldfastError('IdentityMissing', message);
}

/** An index on this machine whose bytes are known to be those that were written. */
export interface FetchedIndex {
  readonly file: string;
  /** For messages. */
  readonly key: string;
  readonly lines: number;
  readonly opener: Opener;
}

/**
 * Brings a backup's index to this machine and checks its size and SHA-256 before anyone reads it.
 * Throws ObjectMissing, ObjectDamaged or IdentityMissing.
 *
 * @param directory where the file goes, unless the destination is this machine's own disk
 */
export async function fetchIndex(
  storage: Repository,
  manifest: Manifest,
  directory: string,
  signal: AbortSignal,
): Promise<FetchedIndex> {
  const { index, host, source, id } = manifest;
  const key = backupPrefix(host, source, id) + index.name;
  const opener = await indexOpener(storage, key);
  const file = await fetchObject(storage, key, index, join(directory, `${id}.index`), signal);
  return { file, key, lines: index.lines, opener };
}

/** The path of a file with the object's bytes, which are right: the object's own, or a copy at `copy`. */
export async function fetchObject(
  storage: ObjectStorage,
  key: string,
  expected: Pick<StoredObject, 'sha256' | 'sizeBytes'>,
  copy: string,
  signal: AbortSignal,
): Promise<string> {
  const inPlace = storage.filePath?.(key);
  const from = await storage.read(key, signal);
  const to = inPlace === undefined ? await open(copy, 'w', 0o600) : undefined;
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of from as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes > expected.sizeBytes) break;
      if (to) await to.appendFile(chunk);
    }
    if (sizeBytes !== expected.sizeBytes) throw damaged(key, `it has not its ${expected.sizeBytes} bytes`);
    if (hash.digest('hex') !== expected.sha256) throw damaged(key, 'its SHA-256 is not the one recorded');
  } finally {
    await to?.close();
  }
  return inPlace ?? copy;
}

/** The lines of a fetched index in batches. Throws ObjectDamaged for a line that is none, or out of order, or missing at the end. */
export async function* readIndexLines(index: FetchedIndex, signal: AbortSignal): AsyncGenerator<readonly IndexLine[]> {
  let lines = 0;
  for await (const batch of decompressedLines(index, 'index', signal)) {
    lines += batch.length;
    yield batch;
  }
  if (lines !== index.lines) throw damaged(index.key, `it has ${lines} lines, not ${index.lines}`);
}

/** Lines of a stored object on this machine, decoded and in strict order. */
export function decompressedLines(
  { file, key, opener }: Pick<FetchedIndex, 'file' | 'key' | 'opener'>,
  kind: 'index' | 'draft',
  signal: AbortSignal,
): AsyncGenerator<readonly IndexLine[]> {
  const stored = { file, name: key, ...(opener.key === undefined ? {} : { key: opener.key }) };
  return decodedLines(readObject(opener.encryption, stored, {}, signal), key, kind);
}

/** Lines of a plain file of this machine. */
export function plainLines(file: string, kind: 'index' | 'draft'): AsyncGenerator<readonly IndexLine[]> {
  return decodedLines(createReadStream(file, { highWaterMark: CHUNK_BYTES }), file, kind);
}

async function* decodedLines(
  chunks: AsyncIterable<Buffer>,
  key: string,
  kind: 'index' | 'draft',
): AsyncGenerator<readonly IndexLine[]> {
  const cutter = new RecordCutter('\n');
  let last: string | undefined;
  let number = 0;
  for await (const chunk of chunks) {
    const batch: IndexLine[] = [];
    for (const text of cutter.push(chunk)) {
      number += 1;
      const line = decoded(text, kind, key, number);
      const path = linePath(line);
      if (last !== undefined && comparePaths(last, path) >= 0) throw damaged(key, `line ${number} is out of order`);
      last = path;
      batch.push(line);
    }
    yield batch;
  }
  if (cutter.rest !== '') throw damaged(key, `line ${number + 1} is cut off`);
}

function decoded(text: string, kind: 'index' | 'draft', key: string, number: number): IndexLine {
  try {
    return decodeIndexLine(text, kind);
  } catch (error) {
    if (error instanceof IndexLineError) throw damaged(key, `line ${number}: ${error.message}`);
    throw error;
  }
}

const damaged = (key: string, reason: string): HoldfastError =>
  new HoldfastError('ObjectDamaged', `${key} is damaged: ${reason}`);
