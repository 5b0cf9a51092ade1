import {
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { hostBackupWorkflowId } from '../core/ids.js';
import type { Status } from '../core/statuses.js';
import { summaryOf } from './activity-profiles.js';
import { failureOfActivity } from './failure-of-activity.js';
import { summaryOfHost, summaryWithoutResult } from './fleet-summary.js';
import type { hostBackup } from './host-backup.js';
import { WORKFLOW, type FleetBackupInput, type HostBackupResult, type HostSummary } from './messages.js';
import { resultInFailure } from './result-in-failure.js';

/** Runs a host's backup as a child Workflow and tells how it ended; never throws. */
export async function runHostBackup(
  host: string,
  input: FleetBackupInput,
  onStart: (child: ChildWorkflowHandle<typeof hostBackup>) => void,
): Promise<HostSummary> {
  const workflowId = hostBackupWorkflowId(host);
  let runId: string | undefined;
  try {
    const child = await startHostBackup(host, workflowId, input);
    runId = child.firstExecutionRunId;
    onStart(child);
    return summaryOfHost(await child.result(), { workflowId, runId });
  } catch (error) {
    const execution = { workflowId, ...(runId === undefined ? {} : { runId }) };
    const result = resultInFailure<HostBackupResult>(error, 'host-backup');
    if (result !== undefined) return summaryOfHost(result, execution);
    const reason = failureOfActivity(error, { host });
    return summaryWithoutResult(host, statusWithoutResult(error, reason.type), reason, execution);
  }
}

function startHostBackup(
  host: string,
  workflowId: string,
  { configPath, selection, options, limits }: FleetBackupInput,
): Promise<ChildWorkflowHandle<typeof hostBackup>> {
  return startChild<typeof hostBackup>(WORKFLOW.hostBackup, {
    // The host's lock: while another run holds it, this start is refused, and the host is busy.
    workflowId,
    args: [{ configPath, host, selection, options, ...(limits === undefined ? {} : { limits }) }],
    staticSummary: summaryOf(`Back up ${host}`),
    // Also when the run is terminated, a host must get the chance to run its post scripts.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // A cancelled run is over when its hosts are: processes gone, post scripts done.
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

function statusWithoutResult(error: unknown, reason: string): Status {
  if (isCancellation(error)) return 'cancelled';
  return reason === 'Busy' ? 'skipped' : 'failed';
}
