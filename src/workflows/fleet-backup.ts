import { allHandlersFinished, condition, continueAsNew, setHandler } from '@temporalio/workflow';
import { failure } from '../core/failures.js';
import { hostBackupWorkflowId } from '../core/ids.js';
import { conclude } from './conclude.js';
import { settleEach } from './fan-out.js';
import { openFleetRecord, type FleetRecord } from './fleet-record.js';
import { runHostBackup } from './host-child.js';
import { hostQueue } from './host-queue.js';
import { fleetProgressQuery, type FleetBackupInput, type FleetBackupResult } from './messages.js';
import { isCancelled } from './scopes.js';

/**
 * Backs up many hosts: takes them from the configuration page by page, starts one `hostBackup` for each, so many at a time, and waits
 * for every one of them, whatever the others do.
 *
 * A host that another run is at work on is `skipped` as busy. When the history has grown long, no new hosts are begun, those at work are
 * waited for, and the run continues as a new execution with what it knows.
 *
 * Cancelled: no new hosts are begun, those at work are cancelled and waited for (their post scripts run), and the run ends as Cancelled.
 */
export async function fleetBackup(input: FleetBackupInput): Promise<FleetBackupResult> {
  const record = openFleetRecord(input);
  setHandler(fleetProgressQuery, record.progress);

  const queue = hostQueue(input, record);
  await settleEach(input.parallelHosts, queue.next, (host) => backUpHost(host, input, record));

  if (isCancelled()) {
    const { hostsTotal, hostsDone } = record.progress();
    record.stop(
      failure('Cancelled', `The run was cancelled; ${hostsTotal - hostsDone} of ${hostsTotal} hosts were not begun.`),
    );
  } else if (queue.hasMore()) {
    await condition(allHandlersFinished);
    await continueAsNew<typeof fleetBackup>({ ...input, carried: record.state() });
  }
  return conclude(record.result(), record.worstFailure());
}

async function backUpHost(host: string, input: FleetBackupInput, record: FleetRecord): Promise<void> {
  record.began(host, hostBackupWorkflowId(host));
  record.ended(await runHostBackup(host, input));
}
