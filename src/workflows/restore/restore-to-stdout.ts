import { workflowInfo } from '@temporalio/workflow';
import type { RestoreReport, RestoreRequest } from '../../activities/contract.js';
import { machineTaskQueue } from '../../core/ids.js';
import { once, quick, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { StdoutTarget } from '../messages.js';
import type { RestoreRecord } from './restore-record.js';
import { always } from '../scopes.js';

/** The command waits for its output; its machine's worker is there or it is not. */
const WORKER_WAIT = '2 minutes';

/**
 * Restores into a scratch directory of the command's machine, where it is compared with the backup like any restore, and sends that to the
 * command's standard output. What differs from the backup is not sent. The scratch directory goes in any case.
 */
export async function restoreToStdout(
  request: RestoreRequest,
  { machine, socket, file }: StdoutTarget,
  record: RestoreRecord,
  restoreInto: (request: RestoreRequest) => Promise<RestoreReport | undefined>,
): Promise<void> {
  const at = { taskQueue: machineTaskQueue(machine), scheduleToStartTimeout: WORKER_WAIT } as const;
  const { workflowId, runId } = workflowInfo();
  const run = { workflowId, runId };
  const { path } = await step('make a scratch directory', quick.openScratch, { run }, at);
  try {
    const report = await restoreInto({ ...request, target: { kind: 'local', path, machine } });
    if (report === undefined || report.status === 'failed') return;
    record.tell('sending');
    const input = { path, socket, ...(file === undefined ? {} : { file }) };
    record.sent(await step('send it to standard output', once.sendRestored, input, at));
  } finally {
    await always(() => step('remove the scratch directory', quick.closeScratch, { path }, at)).catch((error: unknown) =>
      record.note(`The scratch directory ${path} could not be removed: ${failureOfActivity(error).message}`),
    );
  }
}
