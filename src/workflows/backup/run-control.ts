import { getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { approvedBy } from '../../core/guard/approval.js';
import { failure } from '../../core/failures.js';
import { hostBackupWorkflowId } from '../../core/ids.js';
import { openHolds, type Holds } from './approval.js';
import type { FleetRecord } from './fleet-record.js';
import { summaryWithoutResult } from './fleet-summary.js';
import {
  pauseRunSignal,
  resumeRunSignal,
  retryHostUpdate,
  skipHostUpdate,
  type FleetProgress,
  type HostAgain,
  type HostSummary,
  type OrderForHosts,
  type Ordered,
  type Paused,
  type RunControlState,
} from '../messages.js';
import { refuseRetry, refuseSkip } from './run-control-refusals.js';

/** What persons say of a running fleetBackup: pause and resume, skip and retry of hosts, approval of held sources. */
export interface RunControl {
  isPaused(): boolean;
  /** A person skipped the host before it was begun: it is recorded so. */
  leavesOut(host: string): boolean;
  /** Hosts that are to be backed up once more; those at work are taken when they have ended. */
  hasAgain(isAtWork: (host: string) => boolean): boolean;
  takeAgain(isAtWork: (host: string) => boolean): HostAgain | undefined;
  /** Something is to be done still, or a person to be waited for. */
  waits(): boolean;
  /** The host’s summary as a person’s order makes it: cancelled because it was skipped. */
  afterSkip(summary: HostSummary): HostSummary;
  /** Opens and reopens holds. */
  ended(summary: HostSummary, before: HostAgain | undefined): void;
  readonly progress: () => Pick<FleetProgress, 'paused' | 'holds'>;
  /** Skipped hosts that never came. */
  finish(): void;
  readonly state: () => RunControlState;
}

export function openRunControl(
  carried: RunControlState | undefined,
  record: FleetRecord,
  isAtWork: (host: string) => boolean,
  onLeftOut: (summary: HostSummary) => void,
): RunControl {
  let paused: Paused | undefined = carried?.paused;
  let again: readonly HostAgain[] = carried?.again ?? [];
  const skips = new Map((carried?.skips ?? []).map((one) => [one.host, one]));
  const holds: Holds = openHolds(carried?.holds ?? [], record, (one) => (again = [...again, one]));

  setHandler(pauseRunSignal, ({ by, reason }) => {
    paused ??= { by, sinceMs: Date.now(), ...(reason === undefined ? {} : { reason }) };
    record.note(`Paused by ${approvedBy(paused)}; hosts at work went on.`);
  });
  setHandler(resumeRunSignal, (order) => {
    if (paused !== undefined) record.note(`Resumed by ${approvedBy(order)}.`);
    paused = undefined;
  });
  setHandler(skipHostUpdate, (order) => skip(order, skips, isAtWork), {
    validator: (order: OrderForHosts) => refuseSkip(order, record),
  });
  setHandler(
    retryHostUpdate,
    ({ hosts, ...order }) => {
      for (const host of new Set(hosts)) {
        skips.delete(host);
        record.note(`${host}: backed up again, by ${approvedBy(order)}`);
        again = [...again, { host, was: record.ofHost(host)?.status ?? 'failed' }];
      }
      return { hosts };
    },
    {
      validator: (order: OrderForHosts) =>
        refuseRetry(order, record, (host) => isAtWork(host) || again.some((one) => one.host === host)),
    },
  );

  return {
    isPaused: () => paused !== undefined,
    leavesOut: (host) => {
      const order = skips.get(host);
      if (order === undefined) return false;
      skips.delete(host);
      const summary = skipped(host, order, { workflowId: hostBackupWorkflowId(host) });
      record.ended(summary);
      onLeftOut(summary);
      return true;
    },
    hasAgain: (busy) => again.some(({ host }) => !busy(host)),
    takeAgain: (busy) => {
      const taken = again.find(({ host }) => !busy(host));
      again = again.filter((one) => one !== taken);
      // It may have ended once more since: what it is now counts.
      return taken && { ...taken, was: record.ofHost(taken.host)?.status ?? taken.was };
    },
    waits: () => again.length > 0 || holds.waits(),
    afterSkip: (summary) => {
      const order = skips.get(summary.host);
      if (order === undefined) return summary;
      skips.delete(summary.host);
      if (summary.status === 'cancelled') return { ...summary, ...skipped(summary.host, order, summary) };
      record.note(`${summary.host} was to be skipped, but it had ended ${summary.status} before.`);
      return summary;
    },
    ended: (summary, before) => {
      const reached = new Set(summary.sources.map(({ source }) => source));
      const missed = before?.approved?.filter(({ source }) => !reached.has(source)) ?? [];
      if (before !== undefined && missed.length > 0) holds.reopen({ ...before, approved: missed });
      holds.open(summary);
    },
    progress: () => ({
      ...(paused === undefined ? {} : { paused }),
      ...(holds.all().length === 0 ? {} : { holds: holds.all() }),
    }),
    finish: () => {
      for (const host of skips.keys()) record.note(`${host} was to be skipped, but it is not in this run.`);
    },
    state: () => ({
      ...(paused === undefined ? {} : { paused }),
      skips: [...skips.values()],
      holds: holds.all(),
      again,
    }),
  };
}

async function skip(
  { hosts, ...order }: OrderForHosts,
  skips: Map<string, Ordered & { readonly host: string }>,
  isAtWork: (host: string) => boolean,
): Promise<{ readonly hosts: readonly string[] }> {
  for (const host of new Set(hosts)) skips.set(host, { host, ...order });
  const running = hosts.filter(isAtWork);
  // One that has ended meanwhile cannot be cancelled, and need not be.
  const cancel = (host: string): Promise<void> => getExternalWorkflowHandle(hostBackupWorkflowId(host)).cancel();
  await Promise.all(running.map((host) => cancel(host).catch(() => undefined)));
  return { hosts };
}

function skipped(host: string, order: Ordered, execution: { workflowId: string; runId?: string }): HostSummary {
  const { workflowId, runId } = execution;
  const reason = failure('HostSkipped', `Skipped by ${approvedBy(order)}.`, { host });
  return summaryWithoutResult(host, 'skipped', reason, { workflowId, ...(runId === undefined ? {} : { runId }) });
}
