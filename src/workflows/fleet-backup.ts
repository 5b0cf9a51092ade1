import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { failure } from '../core/failures.js';
import { hostBackupWorkflowId } from '../core/ids.js';
import { conclude } from './conclude.js';
import { Lanes, settleEach } from './fan-out.js';
import { openFleetRecord } from './fleet-record.js';
import type { hostBackup } from './host-backup.js';
import { runHostBackup } from './host-child.js';
import { hostQueue } from './host-queue.js';
import { openLimits } from './limits.js';
import {
  fleetProgressQuery,
  followLimitsSignal,
  type FleetBackupInput,
  type FleetBackupResult,
  type LimitsInForce,
} from './messages.js';
import { recordRun } from './record-run.js';
import { isCancelled } from './scopes.js';

/**
 * Backs up many hosts: takes them from the configuration page by page, starts one `hostBackup` for each, so many at a time, and waits
 * for every one of them, whatever the others do.
 *
 * A host that another run is at work on is `skipped` as busy. When the history has grown long, no new hosts are begun, those at work are
 * waited for, and the run continues as a new execution with what it knows.
 *
 * `setLimits` changes how many hosts are at work and how much is moved for the run; hosts at work are told.
 *
 * Cancelled: no new hosts are begun, those at work are cancelled and waited for (their post scripts run), and the run ends as Cancelled.
 */
export async function fleetBackup(input: FleetBackupInput): Promise<FleetBackupResult> {
  const record = openFleetRecord(input);
  setHandler(fleetProgressQuery, record.progress);

  const children = new Map<string, ChildWorkflowHandle<typeof hostBackup>>();
  const lanes = new Lanes(input.limits?.parallelHosts ?? input.parallelHosts);
  let limits = input.limits ?? {};
  openLimits(limits, { parallelHosts: true }, async (news) => {
    limits = news;
    lanes.most = news.parallelHosts ?? input.parallelHosts;
    await Promise.all([...children.values()].map((child) => tellLimits(child, news)));
  });

  const queue = hostQueue(input, record);
  await settleEach(lanes, queue.next, async (host) => {
    const given = limits;
    record.began(host, hostBackupWorkflowId(host));
    const summary = await runHostBackup(host, { ...input, limits: given }, (child) => {
      children.set(host, child);
      if (limits !== given) void tellLimits(child, limits);
    });
    children.delete(host);
    record.ended(summary);
  });

  if (isCancelled()) {
    const { hostsTotal, hostsDone } = record.progress();
    record.stop(
      failure('Cancelled', `The run was cancelled; ${hostsTotal - hostsDone} of ${hostsTotal} hosts were not begun.`),
    );
  } else if (queue.hasMore()) {
    await condition(allHandlersFinished);
    await continueAsNew<typeof fleetBackup>({ ...input, limits, carried: record.state() });
  }
  const result = record.result();
  const { plan, hostsTotal, counts, backupsMade, storedBytes, hosts } = result;
  await recordRun(input.configPath, result, hosts, { plan, hostsTotal, counts, backupsMade, storedBytes });
  return conclude(result, record.worstFailure());
}

/** A host that has just ended needs no limit. */
const tellLimits = (child: ChildWorkflowHandle<typeof hostBackup>, limits: LimitsInForce): Promise<void> =>
  child.signal(followLimitsSignal, limits).catch(() => undefined);
