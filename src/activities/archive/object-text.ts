import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredObject } from '../../core/archive/manifest.js';
import { encryptedName } from '../../core/archive/manifest-keys.js';
import { allEnded } from './all-ended.js';
import { CountingSink } from './counting-sink.js';
import { startZstd } from './local-zstd.js';
import type { Repository } from './open-repository.js';

/**
 * Stores `text` (byte strings), which names files, as one zstd object: where the destination is encrypted, to its recipients and to the
 * worker's own index key. Nothing is left behind when it fails.
 *
 * @param name without the ending of encrypted objects; the result has the name that it got
 */
export async function storeCompressed(
  storage: Repository,
  prefix: string,
  name: string,
  text: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<StoredObject> {
  const seal = (await storage.sealing())?.index;
  const storedName = seal === undefined ? name : encryptedName(name);
  const writer = await storage.createObject(prefix + storedName, { signal });
  try {
    const sink = new CountingSink(writer);
    const toFile = sink.fd;
    const zstd = startZstd(['-q', '-3', '-c'], { stdin: 'pipe', stdout: seal ? 'pipe' : (toFile ?? 'pipe') }, signal);
    const work: Promise<unknown>[] = [pipeline(asBytes(text), zstd.child.stdin as NodeJS.WritableStream), zstd.ended];
    const age = seal?.start(toFile ?? 'pipe', signal);
    let plainBytes = 0;
    if (age) {
      zstd.child.stdout?.on('data', (chunk: Buffer) => {
        plainBytes += chunk.byteLength;
      });
      work.push(pipeline(zstd.child.stdout as Readable, age.stdin), age.ended);
    }
    const last = age ? age.stdout : zstd.child.stdout;
    if (last) work.push(sink.take(last));
    await allEnded(work);
    if (age) await sink.assertSealed(plainBytes, storedName);
    const { sizeBytes, sha256 } = await writer.commit();
    return { name: storedName, sha256, sizeBytes };
  } catch (error) {
    const cause = await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  }
}

async function* asBytes(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of text) if (piece !== '') yield Buffer.from(piece, 'latin1');
}
