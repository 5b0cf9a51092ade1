import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { failure } from '../../core/failures.js';
import { hostBackupWorkflowId } from '../../core/ids.js';
import { conclude } from '../conclude.js';
import { settleEach } from '../fan-out.js';
import { openFleetHistory } from './fleet-history.js';
import { openFleetRecord } from './fleet-record.js';
import type { hostBackup } from './host-backup.js';
import { runHostBackup } from './host-child.js';
import { openRunHooks } from '../hooks/hooks-of-run.js';
import { hostQueue } from './host-queue.js';
import { HostsAtWork } from './hosts-at-work.js';
import { openLimits } from '../limits.js';
import {
  fleetProgressQuery,
  followLimitsSignal,
  type FleetBackupInput,
  type FleetBackupResult,
  type LimitsInForce,
} from '../messages.js';
import { recordRun } from '../catalog/record-run.js';
import { openRunControl } from './run-control.js';
import { always, isCancelled } from '../scopes.js';

/**
 * Backs up many hosts: takes them from the configuration page by page, starts one `hostBackup` for each, so many at a time, and waits
 * for every one of them, whatever the others do.
 *
 * A host that another run is at work on is `skipped` as busy. When the history has grown long, no new hosts are begun, those at work are
 * waited for, and the run continues as a new execution with what it knows.
 *
 * How its hosts ended is noted in history from their results, many at a time.
 *
 * before_run hooks run before the first host, after_run hooks when all have ended.
 *
 * A held source whose configuration says `hold_for` is waited for: `approve` backs it up once more, `reject` leaves it. Nothing else waits for it, not
 * its host's lock either.
 *
 * `setLimits` changes how many hosts are at work and how much is moved for the run; hosts at work are told. `pauseRun` and `resumeRun`, `skipHost` and
 * `retryHost` are for persons.
 *
 * Cancelled: no new hosts are begun, those at work are cancelled and waited for (their post scripts run), and the run ends as Cancelled.
 */
export async function fleetBackup(input: FleetBackupInput): Promise<FleetBackupResult> {
  const atWork = new HostsAtWork(input.limits?.parallelHosts ?? input.parallelHosts);
  const record = openFleetRecord(input);
  const history = openFleetHistory(input);
  const control = openRunControl(input.control, record, atWork.has, history.lost);
  record.tellAlso(control.progress);
  setHandler(fleetProgressQuery, record.progress);

  const children = new Map<string, ChildWorkflowHandle<typeof hostBackup>>();
  let limits = input.limits ?? {};
  openLimits(limits, { parallelHosts: true }, async (news) => {
    limits = news;
    atWork.most = news.parallelHosts ?? input.parallelHosts;
    await Promise.all([...children.values()].map((child) => tellLimits(child, news)));
  });

  const queue = hostQueue(input, record, control, atWork);
  const hooks = openRunHooks(input);
  const { hooks: plans, begins } = await queue.open();
  const obstacle = await hooks.before({ plans, begins });
  if (obstacle !== undefined) record.stop(obstacle);
  await settleEach(atWork.lanes, obstacle === undefined ? queue.next : async () => undefined, async (job) => {
    const given = limits;
    record.began(job.host, hostBackupWorkflowId(job.host));
    const started = (child: ChildWorkflowHandle<typeof hostBackup>): void => {
      children.set(job.host, child);
      if (limits !== given) void tellLimits(child, limits);
    };
    const summary = await runHostBackup(job, { ...input, limits: given }, started, history);
    children.delete(job.host);
    const ended = control.afterSkip(summary);
    record.ended(ended, job.before);
    control.ended(ended, job.before);
    atWork.ended(job.host);
  });

  await history.close();
  if (isCancelled()) {
    const { hostsTotal, hostsDone } = record.progress();
    record.stop(
      failure('Cancelled', `The run was cancelled; ${hostsTotal - hostsDone} of ${hostsTotal} hosts were not begun.`),
    );
  } else if (obstacle === undefined && queue.hasMore()) {
    await condition(allHandlersFinished);
    const carried = { ...record.state(), ...hooks.state() };
    await continueAsNew<typeof fleetBackup>({ ...input, limits, carried, control: control.state() });
  }
  // Who ordered something at the last moment gets an answer.
  await always(() => condition(allHandlersFinished));
  control.finish();
  const known = record.result();
  const result = await hooks.ended(known);
  const { plan, hostsTotal, counts, backupsMade, storedBytes, hosts } = result;
  const dryRun = input.options.dryRun ? { dryRun: true } : {};
  await recordRun(input.configPath, result, hosts, { plan, hostsTotal, counts, backupsMade, storedBytes, ...dryRun });
  return conclude(result, result.status === known.status ? record.worstFailure() : undefined);
}

/** A host that has just ended needs no limit. */
const tellLimits = (child: ChildWorkflowHandle<typeof hostBackup>, limits: LimitsInForce): Promise<void> =>
  child.signal(followLimitsSignal, limits).catch(() => undefined);
