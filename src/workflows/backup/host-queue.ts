import { condition, workflowInfo } from '@temporalio/workflow';
import { failure } from '../../core/failures.js';
import type { HookPlan } from '../../core/hooks/hooks.js';
import { local, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { HostsAtWork } from './hosts-at-work.js';
import type { FleetRecord } from './fleet-record.js';
import type { FleetBackupInput, HostAgain } from '../messages.js';
import type { RunControl } from './run-control.js';
import { isCancelled } from '../scopes.js';

const PAGE = 200;
/** Of the 51,200 events that Temporal lets a history have. */
const EVENTS_AT_MOST = 30_000;

/** One host to back up: from the configuration, or once more. */
export type HostJob = Pick<HostAgain, 'host' | 'approved'> & { readonly before?: HostAgain };

/** The hosts of a run, one by one: those of the configuration, read page by page as they are wanted, and those that are to be backed up once more. */
export interface HostQueue {
  /** Reads the first page: what it says of the run is known then. */
  open(): Promise<{ readonly hooks: readonly HookPlan[]; readonly begins: boolean }>;
  /**
   * Waits until a host may begin, and takes it. Undefined when there is none left and none can come, or when no more are to be begun (cancelled, or the
   * history is long enough).
   */
  readonly next: () => Promise<HostJob | undefined>;
  /** Whether the run is to go on in a new execution. */
  hasMore(): boolean;
}

export function hostQueue(
  { configPath, selection }: FleetBackupInput,
  record: FleetRecord,
  control: RunControl,
  atWork: HostsAtWork,
): HostQueue {
  let waiting: readonly string[] = [];
  let exhausted = false;
  let reading: Promise<void> | undefined;
  let hooks: readonly HookPlan[] = [];

  const read = async (): Promise<void> => {
    const { offset } = record.state();
    const summary = `read the hosts from number ${offset + 1} on`;
    try {
      const page = await step(summary, local.listHosts, { configPath, selection, offset, limit: PAGE });
      record.page(page);
      if (page.total === 0) record.stop(failure('HostNotInConfig', `No host in ${configPath} is what was asked for.`));
      waiting = page.hosts;
      hooks = page.hooks ?? [];
      exhausted = page.hosts.length === 0 || offset + page.hosts.length >= page.total;
    } catch (error) {
      exhausted = true;
      record.stop(failureOfActivity(error));
    } finally {
      reading = undefined;
    }
  };

  const fill = async (): Promise<void> => {
    if (!exhausted && waiting.length === 0) await (reading ??= read());
  };

  /** Hosts that only wait are not cut off from their run before its history gets too long. */
  const isLong = (): boolean => {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested && waiting.length === 0 && (atWork.waiting === 0 || historyLength > EVENTS_AT_MOST);
  };
  const hasMore = (): boolean => waiting.length > 0 || !exhausted || control.waits();
  const isOver = (): boolean => isCancelled() || isLong() || (!hasMore() && atWork.size === 0);
  const isReady = (): boolean =>
    !control.isPaused() && atWork.hasRoom() && (waiting.length > 0 || !exhausted || control.hasAgain(atWork.has));

  const take = (): HostJob | undefined => {
    const again = control.takeAgain(atWork.has);
    if (again !== undefined) return { ...again, before: again };
    while (waiting.length > 0) {
      const [host = '', ...rest] = waiting;
      waiting = rest;
      if (!control.leavesOut(host)) return { host };
    }
    return undefined;
  };

  return {
    open: async () => {
      if (!isCancelled()) await fill();
      return { hooks, begins: waiting.length > 0 };
    },
    next: async () => {
      for (;;) {
        await untilTrue(() => isOver() || isReady());
        if (isOver()) return undefined;
        const job = take();
        if (job !== undefined) {
          atWork.add(job.host);
          return job;
        }
        await fill();
      }
    },
    hasMore,
  };
}

/** A cancelled run waits for nothing. */
const untilTrue = async (holds: () => boolean): Promise<void> => {
  if (holds()) return;
  await condition(holds).catch(() => undefined);
};
