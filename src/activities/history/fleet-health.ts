import type { Configuration } from '../../config/load.js';
import {
  type ConfiguredSource,
  type FleetHealth,
  fleetHealth,
  healthOfSources,
  type SourceHealth,
} from '../../core/history/fleet-state.js';
import type { History } from '../../providers/catalog/history.js';
import type { Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';

/** All sources of a configuration, with how often a backup of each is expected. */
export function configuredSources({ hosts, expectations }: Configuration): ConfiguredSource[] {
  const everyMs = new Map(expectations.map((one) => [keyOf(one.host, one.source), one.everyMs]));
  return hosts.flatMap((host) =>
    host.sources.map(({ name, engine, destination }) => {
      const expectEveryMs = everyMs.get(keyOf(host.name, name));
      return {
        host: host.name,
        source: name,
        destination: destination.name,
        engine,
        ...(expectEveryMs === undefined ? {} : { expectEveryMs }),
      };
    }),
  );
}

/** What is known of a configuration's sources and destinations at this moment. Throws CatalogUnavailable. */
export async function readFleetHealth(
  providers: Pick<Providers, 'catalogs'>,
  configuration: Configuration,
  nowMs: number,
): Promise<FleetHealth> {
  const { path, settings, destinations } = configuration;
  return fromCatalog(providers, settings.catalog, async ({ history }) =>
    fleetHealth({
      configured: configuredSources(configuration),
      configuredDestinations: destinations.map(({ name }) => name),
      states: await history.states(),
      sizes: await history.sizes(),
      destinations: await history.destinations(),
      pending: await history.countWaiting(path),
      dropped: await history.countDropped(),
      nowMs,
    }),
  );
}

/** The same for some of its sources, of as many hosts as one query takes: in their order. */
export async function readHealthOf(
  history: History,
  configured: readonly ConfiguredSource[],
  nowMs: number,
): Promise<SourceHealth[]> {
  const hosts = [...new Set(configured.map(({ host }) => host))];
  const [states, sizes] = [await history.states(hosts), await history.sizes(configured)];
  return healthOfSources({ configured, states, sizes, nowMs });
}

const keyOf = (host: string, source: string): string => JSON.stringify([host, source]);
