import { connect } from 'node:net';
import type { Greeting } from './network.js';

/** A server may send other lines before its identification (RFC 4253, 4.2); what sends more than this is none. */
const MAX_BYTES = 16 * 1024;

/** Connects to one address and reads until the SSH identification has come. */
export function greetOne(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Greeting> {
  const startedAtMs = Date.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let connectedAfterMs: number | undefined;
    let heard = '';
    const settle = (problem: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (connectedAfterMs === undefined) return resolve({ kind: 'refused', reasons: [`${address}: ${problem}`] });
      const line = /^SSH-[^\r\n]*/m.exec(heard)?.[0];
      const seen = line === undefined ? { instead: heard === '' ? problem : heard } : { line };
      resolve({ kind: 'connected', address, milliseconds: connectedAfterMs, ...seen });
    };
    const onAbort = (): void => settle('it was cancelled');
    const timer = setTimeout(() => settle(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => (connectedAfterMs = Date.now() - startedAtMs));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (/^SSH-[^\n]*\n/m.test(heard) || heard.length > MAX_BYTES) settle('it says no SSH identification');
    });
    socket.once('error', (error) => settle(error.message));
    socket.once('end', () => settle('it closed the connection at once'));
    if (signal.aborted) onAbort();
  });
}
