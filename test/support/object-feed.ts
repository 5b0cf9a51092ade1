import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ObjectStorage, ObjectWriter } from '../../src/providers/storage/object-storage.js';

export const neverAborted = (): AbortSignal => new AbortController().signal;

/** Lets a real program write the object, straight to the descriptor or through the stream; its exit code, or the signal that ended it. */
export async function feed(
  writer: ObjectWriter,
  program: string,
  args: readonly string[],
  onStart: (kill: () => void) => void = () => {},
): Promise<number | string> {
  const { sink } = writer;
  const child = spawn(program, args, { stdio: ['ignore', 'fd' in sink ? sink.fd : 'pipe', 'ignore'] });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  onStart(() => child.kill('SIGKILL'));
  if ('stream' in sink && child.stdout) await pipeline(child.stdout, sink.stream);
  const [code, signal] = await closed;
  return code ?? signal ?? 'unknown';
}

/** Puts bytes into the writer and ends it, without commit. */
export async function fill(writer: ObjectWriter, bytes: Uint8Array): Promise<void> {
  const { sink } = writer;
  if ('stream' in sink) return pipeline(Readable.from([bytes], { objectMode: false }), sink.stream);
  const child = spawn('cat', [], { stdio: ['pipe', sink.fd, 'ignore'] });
  const closed = once(child, 'close');
  child.stdin?.end(bytes);
  await closed;
}

export async function store(storage: ObjectStorage, key: string, bytes: Uint8Array) {
  const writer = await storage.createObject(key, { signal: neverAborted() });
  await fill(writer, bytes);
  return writer.commit();
}

export async function content(storage: ObjectStorage, key: string): Promise<Buffer> {
  return buffer(await storage.read(key));
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const namesBelow = async (storage: ObjectStorage, prefix: string): Promise<string[]> =>
  (await collected(storage.list(prefix))).map(({ name }) => name);

export const keysBelow = async (storage: ObjectStorage, prefix: string): Promise<string[]> =>
  (await collected(storage.listAll(prefix))).map(({ key }) => key);
