import {
  ChildWorkflowCancellationType,
  continueAsNew,
  executeChild,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failure } from '../../core/failures.js';
import { hostBackupWorkflowId } from '../../core/ids.js';
import { local, step, summaryOf } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { settleEach } from '../fan-out.js';
import { takesPart } from './host-snapshots.js';
import type { hostSnapshots } from './host-snapshots.js';
import {
  sourcesProgressQuery,
  WORKFLOW,
  type HostSnapshotsResult,
  type RotateSnapshotsInput,
  type RotateSnapshotsResult,
  type SnapshotOutcome,
} from '../messages.js';
import { resultInFailure } from '../result-in-failure.js';
import { isCancelled } from '../scopes.js';
import { outcomeWithout } from './snapshot-outcome.js';
import { openSourcesRecord, type SourcesRecord } from '../sources-record.js';

const PAGE = 50;
/** They work on the same disks. */
const HOSTS_AT_A_TIME = 4;

/**
 * Makes and removes snapshots of many mirrors: pages through the hosts of the configuration, and takes each one's lock by a child with the Workflow ID of its backups.
 * A host that is being backed up is `skipped`: its backup looks after its snapshots itself.
 */
export async function rotateSnapshots(input: RotateSnapshotsInput): Promise<RotateSnapshotsResult> {
  const record = openSourcesRecord('Snapshots', input.carried);
  setHandler(sourcesProgressQuery, record.progress);
  let goesOn = false;
  try {
    goesOn = await eachHost(input, record);
  } catch (error) {
    record.stop(failureOfActivity(error));
  }
  if (goesOn) await continueAsNew<typeof rotateSnapshots>({ ...input, carried: record.state() });
  const result: RotateSnapshotsResult = { kind: 'rotate-snapshots', ...record.result() };
  return conclude(result, record.worstFailure());
}

/** Whether the run is to go on in a new execution. */
async function eachHost(input: RotateSnapshotsInput, record: SourcesRecord<SnapshotOutcome>): Promise<boolean> {
  const { configPath, selection } = input;
  for (;;) {
    const { offset } = record.state();
    const summary = `read the hosts from number ${offset + 1} on`;
    const page = await step(summary, local.listHosts, { configPath, selection, offset, limit: PAGE });
    record.note(page.notes);
    const waiting = [...page.hosts];
    const next = async (): Promise<string | undefined> => {
      if (isCancelled() || workflowInfo().continueAsNewSuggested) return undefined;
      const host = waiting.shift();
      if (host !== undefined) record.hostsTaken(1);
      return host;
    };
    await settleEach(HOSTS_AT_A_TIME, next, (host) => rotateHost(host, input, record));
    if (isCancelled()) {
      record.stop(failure('Cancelled', 'The run was cancelled; hosts that were not begun are not in its result.'));
      return false;
    }
    if (record.state().offset >= page.total) return false;
    if (workflowInfo().continueAsNewSuggested) return true;
  }
}

async function rotateHost(
  name: string,
  input: RotateSnapshotsInput,
  record: SourcesRecord<SnapshotOutcome>,
): Promise<void> {
  const { configPath, selection, volume, make, remove } = input;
  let sources: readonly string[] = [];
  const tell = (outcomes: readonly SnapshotOutcome[]): void => {
    for (const outcome of outcomes) record.ended(`${name}:${outcome.source}`, outcome);
  };
  try {
    const host = await step(`read the plan of ${name}`, local.loadHost, { configPath, host: name, selection });
    sources = host.sources.filter((source) => takesPart(source, input)).map((source) => source.name);
    if (sources.length === 0) return;
    for (const source of sources) record.doing(`${name}:${source}`, 'snapshots');
    const result = await executeChild<typeof hostSnapshots>(WORKFLOW.hostSnapshots, {
      // The host's lock: while a backup holds it, this start is refused.
      workflowId: hostBackupWorkflowId(name),
      args: [{ configPath, selection, host: name, make, remove, ...(volume === undefined ? {} : { volume }) }],
      staticSummary: summaryOf(`Snapshots of ${name}`),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    tell(result.sources);
  } catch (error) {
    const told = resultInFailure<HostSnapshotsResult>(error, 'host-snapshots')?.sources ?? [];
    tell(told);
    const reason = failureOfActivity(error, { host: name });
    const rest = sources.filter((source) => !told.some((outcome) => outcome.source === source));
    tell((sources.length === 0 ? [''] : rest).map((source) => outcomeWithout({ host: name, source }, reason)));
  }
}
