import { InvalidArgumentError, Option } from 'commander';
import type { MetricsAddress } from '../workers/metrics-endpoint.js';

/** For options that may be given several times. */
export const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** For `--limit`. */
export function limitOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new InvalidArgumentError('Give a whole number from 1 to 1000.');
}

/** Of the commands that run a worker. */
export const maxConnectionsOption = (): Option =>
  new Option(
    '--max-connections <count>',
    'at most so many SSH logins at a time, to all hosts (default: 100)',
  ).argParser(limitOf);

/** Of the same commands. */
export const metricsOption = (): Option =>
  new Option('--metrics <[host:]port>', 'answer Prometheus at http://HOST:PORT/metrics (host: 127.0.0.1, unless given)')
    .env('HOLDFAST_METRICS')
    .argParser(metricsAddress);

/** `9464`, `0.0.0.0:9464`, `[::]:9464`; port 0 is any that is free. An empty text, as a variable may have it, is none. */
function metricsAddress(text: string): MetricsAddress | false {
  // Commander takes undefined for `true`.
  if (text === '') return false;
  const [, bracketed, name, port] = /^(?:(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('Give a port, or an address and a port: 9464, 192.0.2.1:9464, [::]:9464.');
  return { host: bracketed ?? name ?? '127.0.0.1', port: Number(port) };
}
