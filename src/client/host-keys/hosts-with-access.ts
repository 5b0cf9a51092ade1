import { resolve } from 'node:path';
import type { HostPlan } from '../../core/plan.js';
import type { HostAccess } from '../../workers/host-access.js';
import type { CliContext } from '../cli-context.js';
import { stateDirectory } from '../directories.js';

/** The hosts that a command names, none for all, and the way to them from this machine. */
export async function hostsWithAccess(
  context: CliContext,
  names: readonly string[],
): Promise<{ readonly hosts: readonly HostPlan[]; readonly access: HostAccess }> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const { selectHosts } = await import('../../config/selection.js');
  const configuration = await loadConfig(resolve(await findConfig(context.configPath, process.env)));
  const hosts = selectHosts(configuration.hosts, { hosts: names, sources: [], tags: [] });
  const { openHostAccess } = await import('../../workers/host-access.js');
  return { hosts, access: openHostAccess(stateDirectory(), new AbortController().signal) };
}
