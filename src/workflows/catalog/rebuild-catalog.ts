import { isCancellation } from '@temporalio/workflow';
import type { CatalogHostResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import { local, quick, standard, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { RebuildCatalogInput, RebuildCatalogResult } from '../messages.js';

const PAGE = 200;

/**
 * Makes the catalog of backups anew from what the destinations hold, host after host. A host that cannot be read keeps what was known of it.
 * When all were read, sources that are no longer in the configuration are forgotten.
 */
export async function rebuildCatalog(input: RebuildCatalogInput): Promise<RebuildCatalogResult> {
  const before = new Date(Date.now()).toISOString();
  const failures: Failure[] = [];
  let result: RebuildCatalogResult = { hosts: 0, sources: 0, backups: 0, forgotten: 0, failures };
  try {
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const page = await step('read the hosts', local.listHosts, { ...input, offset, limit: PAGE });
      total = page.total;
      for (const host of page.hosts) {
        const read = await readHost(host, input);
        failures.push(...read.failures.slice(0, 100 - failures.length));
        const { hosts, sources, backups } = result;
        result = { ...result, hosts: hosts + 1, sources: sources + read.sources, backups: backups + read.backups };
      }
    }
    const { hosts, sources } = input.selection;
    if (failures.length > 0 || hosts.length + sources.length > 0) return result;
    const { configPath } = input;
    return { ...result, ...(await step('forget what is gone', quick.forgetCataloged, { configPath, before })) };
  } catch (error) {
    throw endAs(failureOfActivity(error));
  }
}

async function readHost(host: string, { configPath, selection }: RebuildCatalogInput): Promise<CatalogHostResult> {
  try {
    return await step(`read what there is of ${host}`, standard.catalogHost, { configPath, host, selection });
  } catch (error) {
    const failure = failureOfActivity(error, { host });
    // Without a catalog no other host will do better.
    if (isCancellation(error) || failure.type === 'CatalogUnavailable') throw error;
    return { sources: 0, backups: 0, failures: [failure] };
  }
}
