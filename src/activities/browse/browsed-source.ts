import { selectSource } from '../../config/selection.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { BrowsedSource } from '../contract.js';
import { loadHost } from '../plan.js';

/** The source that is meant, as the configuration has it. Throws HostNotInConfig, SourceNotInConfig. */
export async function browsedSource(
  providers: Providers,
  control: ActivityControl,
  { configPath, host: name, source }: BrowsedSource,
): Promise<{ readonly host: HostPlan; readonly source: SourcePlan }> {
  const selection = { hosts: [name], sources: [], tags: [] };
  const host = await loadHost(providers, control, { configPath, host: name, selection });
  if (source !== undefined) return { host, source: selectSource(host, source) };
  const [only, ...others] = host.sources;
  if (only !== undefined && others.length === 0) return { host, source: only };
  const names = host.sources.map((one) => `${name}:${one.name}`).join(', ');
  throw new HoldfastError('SourceNotInConfig', `Host ${name} has several sources; name one: ${names}.`, { host: name });
}
