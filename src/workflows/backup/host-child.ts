import {
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { Approval } from '../../core/guard/approval.js';
import { hostBackupWorkflowId } from '../../core/ids.js';
import type { Status } from '../../core/statuses.js';
import { summaryOf } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { FleetHistory } from './fleet-history.js';
import { summaryOfHost, summaryWithoutResult } from './fleet-summary.js';
import type { hostBackup } from './host-backup.js';
import type { HostJob } from './host-queue.js';
import {
  WORKFLOW,
  type FleetBackupInput,
  type HostAgain,
  type HostBackupResult,
  type HostSummary,
} from '../messages.js';
import { resultInFailure } from '../result-in-failure.js';

/** Runs a host's backup as a child Workflow and tells how it ended; never throws. */
export async function runHostBackup(
  { host, approved }: HostJob,
  input: FleetBackupInput,
  onStart: (child: ChildWorkflowHandle<typeof hostBackup>) => void,
  history: Pick<FleetHistory, 'ended' | 'lost'>,
): Promise<HostSummary> {
  const workflowId = hostBackupWorkflowId(host);
  const startedAtMs = Date.now();
  let runId: string | undefined;
  const ended = (result: HostBackupResult, execution: { readonly workflowId: string; readonly runId: string }) => {
    history.ended(result, execution);
    return summaryOfHost(result, execution);
  };
  try {
    const child = await startHostBackup(host, workflowId, ofJob(input, host, approved));
    runId = child.firstExecutionRunId;
    onStart(child);
    return ended(await child.result(), { workflowId, runId });
  } catch (error) {
    const result = resultInFailure<HostBackupResult>(error, 'host-backup');
    if (result !== undefined && runId !== undefined) return ended(result, { workflowId, runId });
    const execution = { workflowId, ...(runId === undefined ? {} : { runId }) };
    const reason = failureOfActivity(error, { host });
    const summary = summaryWithoutResult(host, statusWithoutResult(error, reason.type), reason, execution);
    // One that ended as Cancelled has noted itself; its result could not be carried here.
    if (summary.status !== 'cancelled' || runId === undefined) history.lost(summary, startedAtMs);
    return summary;
  }
}

function startHostBackup(
  host: string,
  workflowId: string,
  { configPath, selection, options, limits, approvals }: HostInput,
): Promise<ChildWorkflowHandle<typeof hostBackup>> {
  return startChild<typeof hostBackup>(WORKFLOW.hostBackup, {
    // The host's lock: while another run holds it, this start is refused, and the host is busy.
    workflowId,
    args: [
      {
        configPath,
        host,
        selection,
        options,
        ...(approvals === undefined ? {} : { approvals }),
        ...(limits === undefined ? {} : { limits }),
      },
    ],
    staticSummary: summaryOf(`Back up ${host}`),
    // Also when the run is terminated, a host must get the chance to run its post scripts.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // A cancelled run is over when its hosts are: processes gone, post scripts done.
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

type HostInput = Pick<FleetBackupInput, 'configPath' | 'selection' | 'options' | 'limits'> & {
  readonly approvals?: readonly Approval[];
};

/** Where sources were approved, of this run or of an earlier one, the host's part is these alone. */
function ofJob(input: FleetBackupInput, host: string, approved: HostAgain['approved']): HostInput {
  const { approvals: all, ...rest } = input;
  const approvals = approved ?? all?.filter((one) => one.host === host);
  if (approvals === undefined || approvals.length === 0) return rest;
  const sources = approvals.map(({ source }) => source);
  return { ...rest, selection: { hosts: [host], sources, tags: [] }, approvals: approvals.map(approvalOf) };
}

const approvalOf = ({ source, by, reason, doubt }: Approval): Approval => ({
  source,
  by,
  ...(reason === undefined ? {} : { reason }),
  ...(doubt === undefined ? {} : { doubt }),
});

function statusWithoutResult(error: unknown, reason: string): Status {
  if (isCancellation(error)) return 'cancelled';
  return reason === 'Busy' ? 'skipped' : 'failed';
}
