import { type Logger, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { freePort } from '../providers/network/free-port.js';

/** Reads the metrics that Temporal's SDK keeps of its own (`temporal_…`); undefined when they cannot be had. */
export type ReadSdkMetrics = () => Promise<string | undefined>;

const READ_LIMIT_MS = 2_000;
const TRIES = 3;

/**
 * Installs the SDK's runtime, once per process. Signals are the commands' business.
 *
 * @param withMetrics its metrics are wanted: the SDK tells them by a server of its own only, which gets a free port of the loopback address
 */
export async function installRuntime(logger: Logger, withMetrics: boolean): Promise<ReadSdkMetrics> {
  const options: RuntimeOptions = { logger, shutdownSignals: [] };
  if (Runtime._instance !== undefined) return nothing;
  for (let tries = 0; withMetrics && tries < TRIES; tries += 1) {
    const bindAddress = `127.0.0.1:${await freePort()}`;
    try {
      Runtime.install({ ...options, telemetryOptions: { metrics: { prometheus: { ...AS_PROMETHEUS, bindAddress } } } });
      return () => read(`http://${bindAddress}/metrics`);
    } catch {
      // Somebody else was quicker at that port.
    }
  }
  Runtime.install(options);
  return nothing;
}

const nothing: ReadSdkMetrics = async () => undefined;

/** Names as Prometheus' rules have them: `_total`, `_seconds`. */
const AS_PROMETHEUS = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

async function read(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(READ_LIMIT_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
