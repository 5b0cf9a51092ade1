import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { configuredSources, readFleetHealth } from '../activities/history/fleet-health.js';
import type { Providers } from '../activities/activity-control.js';
import { loadCachedConfig, loadSoundConfig } from '../config/cache.js';
import { findConfig } from '../config/find.js';
import type { Configuration } from '../config/load.js';
import type { FleetHealth } from '../core/history/fleet-state.js';
import { fleetText } from '../providers/metrics/prometheus.js';

export interface ScrapeSources {
  /** As `--config` names it; undefined: it is looked for where commands look. */
  readonly configFile: string | undefined;
  readonly providers: Pick<Providers, 'catalogs' | 'holdfastVersion'>;
  /** Text of the Temporal SDK's own metrics; undefined when they cannot be had. */
  readonly readSdkMetrics: () => Promise<string | undefined>;
}

/** Prometheus gives a scrape ten seconds by default; a catalog that takes longer counts as away. */
const CATALOG_LIMIT_MS = 5_000;

/**
 * What a scrape answers: the fleet from the configuration and the catalog as they are now, this process, and Temporal's SDK. Scrapes that come at
 * once share one answer, and the catalog is never read twice at a time.
 */
export function createScrape(sources: ScrapeSources): () => Promise<string> {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  const sdkUp = new Gauge({
    name: 'holdfast_temporal_metrics_up',
    help: "0: the metrics of Temporal's SDK could not be read, and are missing here.",
    registers: [own],
  });
  const fleet = fleetReader(sources);
  return shared(async () => {
    const [fleetPart, sdkPart] = await Promise.all([fleet(), sources.readSdkMetrics()]);
    sdkUp.set(sdkPart === undefined ? 0 : 1);
    return [fleetPart, await own.metrics(), sdkPart ?? ''].join('\n');
  });
}

function fleetReader({ configFile, providers }: ScrapeSources): () => Promise<string> {
  const version = providers.holdfastVersion;
  let lastValid: Configuration | undefined;
  const health = shared((configuration: Configuration) => readFleetHealth(providers, configuration, Date.now()));
  return async () => {
    const path = await findConfig(configFile).catch(() => undefined);
    const found = path === undefined ? undefined : await loadCachedConfig(path).catch(() => undefined);
    const configValid = found !== undefined;
    // While somebody edits the file, its hosts must not vanish from sight, whoever in this worker read it last.
    lastValid = found ?? (path === undefined ? undefined : await loadSoundConfig(path)) ?? lastValid;
    if (lastValid === undefined)
      return fleetText({ version, configured: [], health: undefined, now: { configValid, catalogUp: undefined } });
    const known = await withinLimit(health(lastValid));
    const now = { configValid, catalogUp: known !== undefined };
    return fleetText({ version, configured: configuredSources(lastValid), health: known, now });
  };
}

/** Whoever asks while an answer is under way gets that one. */
function shared<Input extends readonly unknown[], Output>(
  work: (...input: Input) => Promise<Output>,
): (...input: Input) => Promise<Output> {
  let underWay: Promise<Output> | undefined;
  return (...input) =>
    (underWay ??= work(...input).finally(() => {
      underWay = undefined;
    }));
}

/** Undefined when it fails or is not there in time; then it goes on, and the next scrape waits for the same. */
async function withinLimit(health: Promise<FleetHealth>): Promise<FleetHealth | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, CATALOG_LIMIT_MS, undefined);
  });
  try {
    return await Promise.race([health, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
