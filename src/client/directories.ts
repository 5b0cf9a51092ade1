import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const underHome = (environment: Environment, variable: string, fallback: string): string => {
  const base = environment[variable];
  // The XDG rules: a relative value is as good as none.
  return join(base?.startsWith('/') ? base : join(environment['HOME'] ?? homedir(), fallback), 'holdfast');
};

/** Where the embedded server keeps its database: `HOLDFAST_STATE_DIR`, else below XDG_STATE_HOME. */
export const stateDirectory = (environment: Environment = process.env): string =>
  environment['HOLDFAST_STATE_DIR'] === undefined
    ? underHome(environment, 'XDG_STATE_HOME', '.local/state')
    : resolve(environment['HOLDFAST_STATE_DIR']);

/** Where fetched programs lie; everything in it may be deleted at any time. */
export const cacheDirectory = (environment: Environment = process.env): string =>
  underHome(environment, 'XDG_CACHE_HOME', '.cache');
