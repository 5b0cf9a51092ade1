import { once } from 'node:events';
import { connect, createServer, Server, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { exitCodeOfFailure } from '../../src/core/statuses.js';
import { type MetricsAnswers, type MetricsEndpoint, openMetricsEndpoint } from '../../src/workers/metrics-endpoint.js';

let endpoint: MetricsEndpoint | undefined;
afterEach(() => endpoint?.close());

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const open = async (answers?: Partial<MetricsAnswers>): Promise<MetricsEndpoint> => {
  endpoint = await openMetricsEndpoint(LOOPBACK);
  if (answers !== undefined) endpoint.answer({ scrape: async () => 'up 1\n', isHealthy: () => true, ...answers });
  return endpoint;
};
const get = async (path: string, method = 'GET') => {
  const response = await fetch(new URL(path, endpoint?.url), { method });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
};
const socketTo = async ({ url }: MetricsEndpoint): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

test('it answers from the moment on that the worker runs', async () => {
  const opened = await open();
  expect(await get('/metrics')).toMatchObject({ status: 503, text: 'the worker starts\n' });
  expect(await get('/healthz')).toMatchObject({ status: 503 });
  let healthy = true;
  opened.answer({ scrape: async () => 'up 1\n', isHealthy: () => healthy });
  expect(await get('/metrics')).toEqual({
    status: 200,
    text: 'up 1\n',
    type: 'text/plain; version=0.0.4; charset=utf-8',
  });
  expect(await get('/metrics?name[]=up')).toMatchObject({ status: 200 });
  expect(await get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  healthy = false;
  expect(await get('/healthz')).toMatchObject({ status: 503, text: 'the worker has stopped\n' });
});

test('there is nothing else, and nothing to write', async () => {
  await open({});
  expect(await get('/')).toMatchObject({ status: 404 });
  expect(await get('/metrics/../etc/passwd')).toMatchObject({ status: 404 });
  expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 });
  expect(await get('/metrics', 'HEAD')).toMatchObject({ status: 200, text: '' });
});

test('an error of a scrape is its answer, and the next one is made anew', async () => {
  let calls = 0;
  await open({
    scrape: async () => {
      if ((calls += 1) === 1) throw new Error('out of luck');
      return 'up 1\n';
    },
  });
  expect(await get('/metrics')).toMatchObject({ status: 500, text: 'out of luck\n' });
  expect(await get('/metrics')).toMatchObject({ status: 200 });
});

test('an address that cannot be had is a mistake of whoever named it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const failures = [
    [{ host: '127.0.0.1', port }, `Metrics cannot be served at 127.0.0.1:${port}: something else listens there.`],
    [{ host: '192.0.2.1', port: 0 }, 'Metrics cannot be served at 192.0.2.1:0: this machine has no such address.'],
    [{ host: 'no-such-host.invalid', port: 1 }, /^Metrics cannot be served at no-such-host\.invalid:1: /],
  ] as const;
  for (const [address, message] of failures) {
    const error: unknown = await openMetricsEndpoint(address).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type: 'AddressUnavailable', message: expect.stringMatching(message) as string });
  }
  expect(exitCodeOfFailure({ type: 'AddressUnavailable' })).toBe(2);
  other.close();
});

test('whoever dawdles over a request, and whoever never reads the answer, holds up nobody', async () => {
  const huge = 'x'.repeat(64 * 1024 * 1024);
  let text = huge;
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const opened = await open({
    scrape: async () => {
      asked();
      return text;
    },
  });
  // A request that never comes to its end, one byte after the other.
  const dawdler = (await socketTo(opened)).resume();
  dawdler.write('GET /metrics HT');
  const cutOff = once(dawdler, 'close');
  const deaf = await socketTo(opened);
  deaf.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
  await isAsked;
  text = 'up 1\n';
  expect(await get('/metrics')).toMatchObject({ status: 200, text: 'up 1\n' });
  await cutOff;
  // It has not been read, and does not keep the endpoint from closing.
  const end = once(deaf, 'close');
  await opened.close();
  endpoint = undefined;
  deaf.resume();
  await end;
});

test('connections that the system cannot accept end neither it nor the worker', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  await open({});
  const server = listen.mock.contexts[0] as Server;
  listen.mockRestore();
  // As Node tells of accept(2) when the system is out of file descriptors or memory.
  for (let times = 0; times < 3; times += 1) server.emit('error', new Error('accept ENFILE'));
  expect(await get('/metrics')).toMatchObject({ status: 200 });
});

test('so many connections at a time and no more', async () => {
  const opened = await open({});
  const sockets: Socket[] = [];
  while (sockets.length < 32) sockets.push(await socketTo(opened));
  const refused = (await socketTo(opened)).resume();
  await once(refused, 'close');
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => get('/metrics').catch(() => undefined)).toMatchObject({ status: 200 });
});
