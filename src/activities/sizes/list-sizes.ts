import { loadCachedConfig } from '../../config/cache.js';
import { selectHosts } from '../../config/selection.js';
import type { MeasuredSize } from '../../core/sizes/sizes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog } from '../catalog/use-catalog.js';
import type { ListSizesInput, ListSizesResult } from '../contract.js';

/** The last known figures of the selected sources, as the catalog has them. */
export async function listSizes(
  providers: Providers,
  control: ActivityControl,
  { configPath, selection, offset, limit }: ListSizesInput,
): Promise<ListSizesResult> {
  const { hosts } = await loadCachedConfig(configPath);
  const sizes: MeasuredSize[] = [];
  for (const host of selectHosts(hosts, selection)) {
    for (const source of host.sources) {
      control.signal.throwIfAborted();
      const place = { host: host.name, source: source.name };
      sizes.push(...(await fromCatalog(providers, host.catalog, (catalog) => catalog.sizes(place))));
    }
  }
  return { sizes: sizes.slice(offset, offset + limit), total: sizes.length };
}
