import { resolve } from 'node:path';
import { versionOf } from './file-version.js';
import { type Configuration, loadConfig } from './load.js';

export type ConfigLoader = (path: string) => Promise<Configuration>;

/**
 * `loadConfig` that parses a file again only when it has changed, or the one that it names for InfluxDB: a run over a thousand hosts asks for it a thousand
 * times. The newest state of each file is kept.
 */
export function createCachedLoader(load: ConfigLoader = loadConfig): ConfigLoader {
  const kept = new Map<string, { readonly version: string; readonly configuration: Promise<Configuration> }>();
  return async (path) => {
    const absolute = resolve(path);
    const version = await versionOf(absolute);
    const known = kept.get(absolute);
    if (version !== undefined && known?.version === version && (await isInfluxFileAsRead(known.configuration)))
      return known.configuration;
    const configuration = load(absolute);
    if (version !== undefined) kept.set(absolute, { version, configuration });
    // What could not be read is tried again by the next one who asks.
    configuration.catch(() => kept.delete(absolute));
    return configuration;
  };
}

async function isInfluxFileAsRead(configuration: Promise<Configuration>): Promise<boolean> {
  const { influxFile } = await configuration;
  return influxFile === undefined || (await versionOf(influxFile.path)) === influxFile.version;
}

/** By absolute path. */
const sound = new Map<string, Configuration>();

/** The one cache of this process. */
export const loadCachedConfig: ConfigLoader = createCachedLoader(async (path) => {
  const configuration = await loadConfig(path);
  sound.set(path, configuration);
  return configuration;
});

/**
 * The newest state in which this process could read a file: what has ended while somebody makes a mistake in it is to be noted where it would have been before.
 * Undefined: it never could.
 */
export const loadSoundConfig = (path: string): Promise<Configuration | undefined> =>
  loadCachedConfig(path).catch(() => sound.get(resolve(path)));
