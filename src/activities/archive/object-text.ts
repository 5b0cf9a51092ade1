import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredObject } from '../../core/manifest.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { allEnded } from './all-ended.js';
import { startZstd } from './local-zstd.js';

/** Stores `text` (byte strings) as one zstd object. Nothing is left behind when it fails. */
export async function storeCompressed(
  storage: ObjectStorage,
  prefix: string,
  name: string,
  text: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<StoredObject> {
  const writer = await storage.createObject(prefix + name, { signal });
  try {
    const toFile = 'fd' in writer.sink ? writer.sink.fd : undefined;
    const zstd = startZstd(['-q', '-3', '-c'], { stdin: 'pipe', stdout: toFile ?? 'pipe' }, signal);
    const feeding = pipeline(asBytes(text), zstd.child.stdin as NodeJS.WritableStream);
    const draining = 'stream' in writer.sink ? pipeline(zstd.child.stdout as Readable, writer.sink.stream) : undefined;
    await allEnded([feeding, zstd.ended, ...(draining ? [draining] : [])]);
    const { sizeBytes, sha256 } = await writer.commit();
    return { name, sha256, sizeBytes };
  } catch (error) {
    const cause = await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  }
}

async function* asBytes(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of text) if (piece !== '') yield Buffer.from(piece, 'latin1');
}
