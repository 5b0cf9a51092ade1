import { request as httpRequest } from 'node:http';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startScriptedServer } from './scripted-server.js';
import type { ScriptedAnswer, SeenRequest } from './scripted-server.js';

/**
 * What becomes of a request: it goes through; its answer is kept back, though the database does what it asks; it gets an answer that is no HTTP; or this
 * one instead of the database's.
 */
export type Passage = 'through' | 'unanswered' | 'garbage' | ScriptedAnswer;

export interface InfluxProxy {
  readonly port: number;
  /** Set by the test: decides on each request. */
  decide: (request: SeenRequest) => Passage;
  /** Requests so far that were not let through. */
  troubled(): number;
  /** Lines of writes that the database took, in the order in which it did; those of a measurement. */
  taken(measurement: string): readonly string[];
  stop(): Promise<void>;
}

/** A proxy in front of a real InfluxDB, or of the port where one is to be. */
export async function startInfluxProxy(targetPort: number): Promise<InfluxProxy> {
  const taken: string[] = [];
  let troubled = 0;
  const forward = async (request: SeenRequest, response: ServerResponse, isAnswered: boolean): Promise<void> => {
    const { status, headers, body } = await passOn(targetPort, request);
    if (status === 204 && /^\/(api\/v2\/)?write\?/.test(request.url)) taken.push(...request.body.split('\n'));
    if (isAnswered) response.writeHead(status, headers).end(body);
  };
  const server = await startScriptedServer((request, response) => {
    const passage = proxy.decide(request);
    if (passage !== 'through') troubled += 1;
    if (typeof passage === 'object') return passage;
    if (passage === 'garbage') return void response.socket?.end('\u0000\u0001 what is this?\r\n\r\n');
    return void forward(request, response, passage === 'through').catch(() => response.destroy());
  });
  const proxy: InfluxProxy = {
    port: Number(new URL(server.url).port),
    decide: () => 'through',
    troubled: () => troubled,
    taken: (measurement) => taken.filter((line) => line.startsWith(`${measurement},`)),
    stop: () => server.stop(),
  };
  return proxy;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** The body is unpacked by now. */
const passOn = (port: number, { method, url, headers, body }: SeenRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { 'content-encoding': _packed, 'transfer-encoding': _chunked, ...others } = headers;
    const onward = httpRequest({
      ...{ host: '127.0.0.1', port, method, path: url, agent: false },
      headers: { ...others, 'content-length': Buffer.byteLength(body) },
    });
    onward.once('error', reject).once('response', (answer) => {
      buffer(answer).then(
        (read) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: read }),
        reject,
      );
    });
    onward.end(body);
  });
