import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Configuration, loadConfig } from './load.js';

export type ConfigLoader = (path: string) => Promise<Configuration>;

/**
 * `loadConfig` that parses a file again only when it has changed: a run over a thousand hosts asks for it a thousand times.
 * A change is seen by time, size, inode and device; the newest state of each file is kept.
 */
export function createCachedLoader(load: ConfigLoader = loadConfig): ConfigLoader {
  const kept = new Map<string, { readonly version: string; readonly configuration: Promise<Configuration> }>();
  return async (path) => {
    const absolute = resolve(path);
    const version = await versionOf(absolute);
    const known = kept.get(absolute);
    if (version !== undefined && known?.version === version) return known.configuration;
    const configuration = load(absolute);
    if (version !== undefined) kept.set(absolute, { version, configuration });
    // What could not be read is tried again by the next one who asks.
    configuration.catch(() => kept.delete(absolute));
    return configuration;
  };
}

/** Undefined when the file cannot be looked at: loading it says why. */
async function versionOf(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ');
}

/** The one cache of this process. */
export const loadCachedConfig: ConfigLoader = createCachedLoader();
