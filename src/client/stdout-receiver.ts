import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** What came through the socket. */
export interface Received {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A private unix socket whose one connection is copied to an output. */
export interface StdoutReceiver {
  readonly socket: string;
  /** What has come when the other side has ended; undefined while nobody has connected. */
  received(): Promise<Received> | undefined;
  /** Resolves when the output's reader has gone. */
  readonly readerGone: Promise<void>;
  close(): Promise<void>;
}

/** Listens in a new directory that only this user may enter. */
export async function receiveForOutput(output: Writable): Promise<StdoutReceiver> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-out-'));
  const socket = join(directory, 'output');
  let copying: Promise<Received> | undefined;
  let connection: Socket | undefined;
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    // Only the first one counts: bytes of two would be mixed.
    if (connection !== undefined) return void incoming.destroy();
    connection = incoming;
    copying = copy(incoming, output);
    copying.catch(() => undefined);
  });
  const readerGone = new Promise<void>((resolve) => {
    output.on('error', () => {
      connection?.destroy();
      resolve();
    });
  });
  await listening(server, socket);
  return {
    socket,
    received: () => copying,
    readerGone,
    close: async () => {
      connection?.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function copy(from: Socket, output: Writable): Promise<Received> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  // Otherwise its end would close the socket before the answer.
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
    await written(output, chunk);
  }
  // The sender waits for it: see sendRestored.
  from.end('.');
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Resolves when the output has taken it: what was counted has reached the reader's side. */
const written = (output: Writable, chunk: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    output.write(chunk, (error) => (error ? reject(error) : resolve()));
  });

const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
