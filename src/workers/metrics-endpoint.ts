import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { HoldfastError } from '../core/failures.js';

export interface MetricsAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface MetricsAnswers {
  /** Prometheus' text. */
  scrape(): Promise<string>;
  isHealthy(): boolean;
}

/** `GET /metrics` and `GET /healthz` of a worker; until it is told what to answer, both say 503. */
export interface MetricsEndpoint {
  /** Of the metrics. */
  readonly url: string;
  answer(answers: MetricsAnswers): void;
  close(): Promise<void>;
}

/** Who is slower than this is cut off: a scrape takes a second, and each connection holds memory. */
const LIMITS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const RESPONSE_LIMIT_MS = 30_000;
const MOST_CONNECTIONS = 32;

/** Throws AddressUnavailable. */
export async function openMetricsEndpoint(address: MetricsAddress): Promise<MetricsEndpoint> {
  let answers: MetricsAnswers | undefined;
  const server = createServer(LIMITS, (request, response) => void respond(request, response, answers));
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, address);
  // A connection that the system could not accept (no file descriptors, no memory): its client tries again.
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${urlHost(address.host)}:${port}/metrics`,
    answer: (given) => {
      answers = given;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: Server, { host, port }: MetricsAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ''] ?? error.message;
      const message = `Metrics cannot be served at ${urlHost(host)}:${port}: ${reason}.`;
      reject(new HoldfastError('AddressUnavailable', message, {}, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such name',
};

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answers: MetricsAnswers | undefined,
): Promise<void> {
  const deadline = setTimeout(() => response.destroy(), RESPONSE_LIMIT_MS);
  response.once('close', () => clearTimeout(deadline));
  const { status, text, type = 'text/plain; charset=utf-8' } = await answerTo(request, answers);
  response.writeHead(status, { 'content-type': type, ...(status === 405 ? { allow: 'GET, HEAD' } : {}) });
  response.end(text);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

async function answerTo({ method, url = '' }: IncomingMessage, answers: MetricsAnswers | undefined): Promise<Answer> {
  const [path] = url.split('?');
  if (path !== '/metrics' && path !== '/healthz') return { status: 404, text: 'not found; see /metrics\n' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET only\n' };
  if (answers === undefined) return { status: 503, text: 'the worker starts\n' };
  if (path === '/healthz')
    return answers.isHealthy() ? { status: 200, text: 'ok\n' } : { status: 503, text: 'the worker has stopped\n' };
  try {
    return { status: 200, text: await answers.scrape(), type: Registry.PROMETHEUS_CONTENT_TYPE };
  } catch (error) {
    return { status: 500, text: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}
