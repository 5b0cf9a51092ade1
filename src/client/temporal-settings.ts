import type { NativeConnectionOptions } from '@temporalio/worker';
import { HoldfastError } from '../core/failures.js';

/** How to reach a Temporal server and what is shown for it; goes to the client and the worker alike. */
export interface TemporalSettings {
  readonly connection: NativeConnectionOptions & { readonly address: string };
  readonly namespace: string;
  /** Address of the Temporal UI, without a slash at its end; undefined when it is not known. */
  readonly uiUrl?: string;
}

const SELECTING = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'] as const;

/**
 * The server that the environment names, in the words of Temporal's own tools: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_…, or a profile (TEMPORAL_PROFILE) of its configuration file. Undefined when nothing names one: the embedded server then.
 */
export async function settingsOfEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<TemporalSettings | undefined> {
  if (!SELECTING.some((name) => environment[name])) return undefined;
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const config = readConfig(() => loadClientConnectConfig({ overrideEnvVars: present(environment) }));
  const address = config.connectionOptions.address;
  if (address === undefined)
    throw new HoldfastError('TemporalUnreachable', `${named(environment)} names no address of a Temporal server.`);
  const uiUrl = environment['TEMPORAL_UI_URL'] ?? usualUi(address);
  return {
    connection: { ...config.connectionOptions, address },
    namespace: config.namespace ?? 'default',
    ...(uiUrl === undefined ? {} : { uiUrl: uiUrl.replace(/\/+$/, '') }),
  };
}

function readConfig<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError(
      'TemporalUnreachable',
      `The Temporal profile cannot be used: ${reason}`,
      {},
      { cause: error },
    );
  }
}

const named = (environment: NodeJS.ProcessEnv): string =>
  SELECTING.filter((name) => environment[name])
    .map((name) => `${name}=${environment[name]}`)
    .join(' ');

const present = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Where the UI is when nobody says: Temporal Cloud has one; a dev server's is 1000 ports up. */
function usualUi(address: string): string | undefined {
  const [host, port] = address.split(':');
  if (host?.endsWith('.tmprl.cloud') || host?.endsWith('.temporal.io')) return 'https://cloud.temporal.io';
  if (host === 'localhost' || host === '127.0.0.1') return `http://${host}:${Number(port ?? 7233) + 1000}`;
  return undefined;
}
