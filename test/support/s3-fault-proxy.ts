import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request: it passes, its connection breaks, its answer is lost, or it gets this HTTP status. */
export type Fault =
  | 'pass'
  | 'reset'
  | 'lose-answer'
  | 'never-answer'
  | { readonly status: number; readonly code: string };

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Every request so far. */
  readonly seen: SeenRequest[];
  /** Set by the test: decides on each request. */
  decide: (request: SeenRequest) => Fault;
  stop(): Promise<void>;
}

/** A proxy in front of a real S3 server that breaks what the test says. The Host header passes as it is: it is signed. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const summary = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    seen.push(summary);
    apply(proxy.decide(summary), request, response, targetPort);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    decide: () => 'pass',
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function apply(fault: Fault, request: IncomingMessage, response: ServerResponse, targetPort: number): void {
  if (fault === 'reset') return void request.socket.resetAndDestroy();
  if (fault === 'never-answer') return void request.resume();
  if (typeof fault === 'object') return answerWith(fault, request, response);
  const { method, url, headers } = request;
  const onward = httpRequest({ host: '127.0.0.1', port: targetPort, method, path: url, headers }, (answer) => {
    if (fault === 'lose-answer') {
      answer.resume();
      return void answer.once('end', () => request.socket.resetAndDestroy());
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once('error', () => request.socket.destroy());
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}

function answerWith(fault: { status: number; code: string }, request: IncomingMessage, response: ServerResponse): void {
  request.resume().once('end', () => {
    response.writeHead(fault.status, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>by order of the test</Message></Error>`,
    );
  });
}
