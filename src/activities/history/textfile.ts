import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { loadCachedConfig } from '../../config/cache.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { writeDurably } from '../mirror/durable-write.js';
import { configuredSources, readFleetHealth } from './fleet-health.js';

/** The collector runs as another user. */
const READABLE = 0o644;
/** No writer takes so long: what is older was left by one that was killed. */
const LEFTOVER_AFTER_MS = 3_600_000;
/** What `writeDurably` puts after the name. */
const LEFTOVER = /^\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes `metrics.prometheus.textfile` anew, for a collector that may read it at any moment. Never throws: a file that cannot be written is logged,
 * and one whose news cannot be had stays as it is, since times in it go on being true.
 */
export async function writeTextfile(
  providers: Pick<Providers, 'catalogs' | 'fleetText' | 'holdfastVersion'>,
  control: Pick<ActivityControl, 'log'>,
  configPath: string,
): Promise<void> {
  try {
    const configuration = await loadCachedConfig(configPath);
    const path = configuration.metrics?.prometheus?.textfile;
    if (path === undefined) return;
    const health = await readFleetHealth(providers, configuration, Date.now());
    const configured = configuredSources(configuration);
    const text = await providers.fleetText({ version: providers.holdfastVersion, configured, health });
    await writeDurably(path, text, READABLE);
    // Others sweep here too; what one of them was quicker at is well.
    await sweepLeftovers(path).catch(() => undefined);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    control.log('warn', 'the Prometheus textfile was not written', { message });
  }
}

async function sweepLeftovers(path: string): Promise<void> {
  const own = basename(path);
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(own) || !LEFTOVER.test(name.slice(own.length))) continue;
    const file = join(dirname(path), name);
    const { mtimeMs } = await stat(file);
    if (mtimeMs < Date.now() - LEFTOVER_AFTER_MS) await rm(file, { force: true });
  }
}
