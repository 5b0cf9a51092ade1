import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { HttpHeaders, Transport } from '@influxdata/influxdb-client';
import { HoldfastError } from '../../core/failures.js';
import { TooSlow } from './influx-failures.js';

interface Server {
  readonly url: string;
  readonly timeoutMs: number;
  /** PEM; undefined: the system's. */
  readonly ca: string | undefined;
  readonly login: InfluxLogin | undefined;
}

export interface InfluxLogin {
  /** The header. */
  readonly authorization: string;
  /** Which must not come back in any message. */
  readonly secret: string;
}

export interface Answer {
  readonly headers: HttpHeaders;
  readonly body: unknown;
}

/**
 * A server as the official client reaches it, for 1.x and 2.x alike. Every request has a connection of its own, so that none is sent into
 * one that the server has closed, and ends with the signal or at the time limit, which the client's own idle timeout does not see to.
 */
export class InfluxConnection {
  readonly #server: Server;
  readonly #transport: Transport;

  constructor(server: Server) {
    this.#server = server;
    const { url, ca } = server;
    this.#transport = new InfluxDB({
      url,
      timeout: 0,
      transportOptions: { agent: false, ...(ca === undefined ? {} : { ca }) },
    }).transport;
  }

  /**
   * Writes lines of the line protocol (times in milliseconds) by one request; what the client throws, this throws.
   * The client is kept from all that would let a lost line look written: batches sent in the background, retries, and answers that it takes for good.
   */
  async write(path: string, lines: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#bounded(signal, async (transport) => {
      let written = 0;
      let status: number | undefined;
      const watched = watching(transport, (code) => {
        status = code;
      });
      const client = new InfluxDB({ url: this.#server.url, transport: watched });
      const writer = client.getWriteApi('', '', 'ms', {
        batchSize: lines.length + 1,
        maxBatchBytes: Number.POSITIVE_INFINITY,
        flushInterval: 0,
        maxRetries: 0,
        writeFailed: (error) => Promise.reject(error),
        writeSuccess: (sent) => {
          written += sent.length;
        },
      });
      writer.path = path;
      try {
        writer.writeRecords([...lines]);
        await writer.flush();
      } finally {
        writer.dispose();
      }
      // The client takes 201 too, which stands for a part.
      if (status !== undefined && status !== 204) throw new HttpError(status, 'no word that all is written');
      if (status === undefined || written !== lines.length)
        throw new Error(`the answer to ${lines.length} points was ${status}, ${written} went out`);
    });
  }

  async ask(method: 'GET' | 'POST', path: string, body: string, signal: AbortSignal): Promise<Answer> {
    return this.#bounded(signal, async (transport) => {
      let headers: HttpHeaders = {};
      const options = { method, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
      const answer: unknown = await transport.request(path, body, options, (seen) => {
        headers = seen;
      });
      return { headers, body: answer };
    });
  }

  async #bounded<T>(signal: AbortSignal, work: (transport: Transport) => Promise<T>): Promise<T> {
    const limit = AbortSignal.timeout(this.#server.timeoutMs);
    try {
      return await work(this.#until(AbortSignal.any([signal, limit])));
    } catch (error) {
      if (signal.aborted) throw new HoldfastError('Cancelled', 'the request to the metrics database was cancelled');
      if (limit.aborted) throw new TooSlow(this.#server.timeoutMs);
      throw error instanceof HttpError ? this.#concealed(error) : error;
    }
  }

  /** What a server said, as it may be shown: some answer with all that they were sent. */
  withoutSecret(said: string): string {
    const { secret, authorization } = this.#server.login ?? {};
    const told = [secret, authorization?.split(' ')[1]].filter((text) => text !== undefined && text !== '');
    return told.reduce<string>((text, one = '') => text.replaceAll(one, '***'), said);
  }

  #concealed({ statusCode, statusMessage, body, contentType, headers }: HttpError): HttpError {
    const said = body === undefined ? body : this.withoutSecret(body);
    return new HttpError(statusCode, statusMessage, said, undefined, contentType, undefined, headers);
  }

  /** The transport, whose requests end with the signal and carry the login: here, so that no object that might be printed holds it. */
  #until(signal: AbortSignal): Transport {
    const inner = this.#transport;
    const authorization = this.#server.login?.authorization;
    const login: Record<string, string> = authorization === undefined ? {} : { authorization };
    return {
      chunkCombiner: inner.chunkCombiner,
      send: (path, body, options, observer) =>
        inner.send(path, body, { ...options, signal, headers: { ...options.headers, ...login } }, observer),
      request: (path, body, options, started) =>
        inner.request(path, body, { ...options, signal, headers: { ...options.headers, ...login } }, started),
      iterate: (path, body, options) =>
        inner.iterate(path, body, { ...options, signal, headers: { ...options.headers, ...login } }),
    };
  }
}

/** The client keeps the status of an answer to itself. */
const watching = (transport: Transport, seen: (status: number | undefined) => void): Transport => ({
  ...transport,
  send: (path, body, options, observer) =>
    transport.send(path, body, options, {
      ...observer,
      responseStarted: (headers, status) => {
        seen(status);
        observer?.responseStarted?.(headers, status);
      },
    }),
});
