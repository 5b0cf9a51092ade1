import { workflowInfo } from '@temporalio/workflow';
import { failure } from '../core/failures.js';
import { local, step } from './activity-profiles.js';
import { failureOfActivity } from './failure-of-activity.js';
import type { FleetRecord } from './fleet-record.js';
import type { FleetBackupInput } from './messages.js';
import { isCancelled } from './scopes.js';

const PAGE = 200;

/** The configuration's hosts, one by one; read page by page as they are wanted. */
export interface HostQueue {
  /** Undefined when there is none left, or when no more are to be begun (cancelled, or the history is long enough). */
  readonly next: () => Promise<string | undefined>;
  /** Whether the run is to go on in a new execution. */
  hasMore(): boolean;
}

export function hostQueue({ configPath, selection }: FleetBackupInput, record: FleetRecord): HostQueue {
  let waiting: readonly string[] = [];
  let exhausted = false;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const { offset } = record.state();
    const summary = `read the hosts from number ${offset + 1} on`;
    try {
      const page = await step(summary, local.listHosts, { configPath, selection, offset, limit: PAGE });
      record.page(page);
      if (page.total === 0) record.stop(failure('HostNotInConfig', `No host in ${configPath} is what was asked for.`));
      waiting = page.hosts;
      exhausted = page.hosts.length === 0 || offset + page.hosts.length >= page.total;
    } catch (error) {
      exhausted = true;
      record.stop(failureOfActivity(error));
    } finally {
      reading = undefined;
    }
  };
  const pausing = (): boolean => isCancelled() || (workflowInfo().continueAsNewSuggested && waiting.length === 0);

  return {
    next: async () => {
      while (waiting.length === 0 && !exhausted && !pausing()) await (reading ??= read());
      if (isCancelled()) return undefined;
      const [host, ...rest] = waiting;
      waiting = rest;
      return host;
    },
    hasMore: () => waiting.length > 0 || !exhausted,
  };
}
