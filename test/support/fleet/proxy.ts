import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP line to a port of 127.0.0.1 that can be made slow or dark, and counts what comes back over it. */
export interface Proxy {
  readonly port: number;
  limitTo(bytesPerSecond: number | undefined): void;
  /** Takes connections and is silent; those that stand are left hanging. */
  setDark(dark: boolean): void;
  sentBytes(): number;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<Proxy> {
  let [limit, dark, sent]: [number | undefined, boolean, number] = [undefined, false, 0];
  const sockets = new Set<Socket>();
  const counted = (): Transform =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        sent += chunk.length;
        const pauseMs = limit === undefined ? 0 : (chunk.length / limit) * 1_000;
        if (pauseMs === 0) done(null, chunk);
        else void delay(pauseMs).then(() => done(null, chunk));
      },
    });
  const server = createServer((socket) => {
    keep(socket);
    if (dark) return;
    const upstream = keep(connect(target, '127.0.0.1'));
    socket.pipe(upstream);
    upstream.pipe(counted()).pipe(socket);
    // What came before a proper end is on its way still, and ends the connection itself.
    upstream.once('close', (hadError) => hadError && socket.destroy());
    socket.once('close', () => upstream.destroy());
  });
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket.on('error', () => socket.destroy());
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    limitTo: (bytesPerSecond) => (limit = bytesPerSecond),
    setDark: (news) => {
      dark = news;
      if (dark) for (const socket of sockets) socket.unpipe().pause();
    },
    sentBytes: () => sent,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
