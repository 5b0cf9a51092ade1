import { loadCachedConfig } from '../config/cache.js';
import { selectHost, selectHosts } from '../config/selection.js';
import type { HostPlan } from '../core/plan.js';
import type { ActivityControl, Providers } from './activity-control.js';
import type { ListHostsInput, ListHostsResult, LoadHostInput } from './contract.js';

/*
 * What a run works on, read from the configuration on the worker when it is needed: a run takes a corrected setting over with its next
 * host, and plans never grow a Workflow's input.
 */

/** A page of the names of the selected hosts. Throws ConfigInvalid, ConfigNotFound, HostNotInConfig, SourceNotInConfig. */
export async function listHosts(
  _providers: Providers,
  _control: ActivityControl,
  { configPath, selection, offset, limit }: ListHostsInput,
): Promise<ListHostsResult> {
  const { hosts, notes, runHooks } = await loadCachedConfig(configPath);
  const selected = selectHosts(hosts, selection);
  const page = { hosts: selected.slice(offset, offset + limit).map(({ name }) => name), total: selected.length, notes };
  return runHooks.length === 0 ? page : { ...page, hooks: runHooks };
}

/** One host with the sources that the selection takes. Throws ConfigInvalid, ConfigNotFound, HostNotInConfig. */
export async function loadHost(
  _providers: Providers,
  _control: ActivityControl,
  { configPath, host, selection }: LoadHostInput,
): Promise<HostPlan> {
  const { hosts } = await loadCachedConfig(configPath);
  return selectHost(hosts, host, selection);
}
