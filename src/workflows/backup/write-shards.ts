import { executeChild, ParentClosePolicy, ChildWorkflowCancellationType, workflowInfo } from '@temporalio/workflow';
import type { ArchivePlan } from '../../activities/contract.js';
import { summaryOf } from '../activity-profiles.js';
import { archiveShards } from './archive-shards.js';
import type { ArchiveShardsInput, ShardTotals } from '../messages.js';
import { leanPlan, subjectOf, type SourceRun } from './source-run.js';
import { NO_SHARDS, sum, writeStretch } from './write-stretch.js';

/**
 * A history ends at 51,200 events and a shard costs six, so the shards of a source of terabytes are written by child Workflows, a
 * stretch each. Below one such stretch there is nothing to gain.
 */
const SHARDS_IN_ONE_HISTORY = 500;

/** Writes all shards of a plan, or throws the first failure when the others have let go. Gives what they came to. */
export async function writeShards(run: SourceRun, plan: ArchivePlan): Promise<ShardTotals> {
  const subject = { ...subjectOf(run), plan: leanPlan(plan) };
  let done = NO_SHARDS;
  const add = (more: ShardTotals): void => {
    done = sum(done, more);
    run.tell({ shardsDone: done.shards, storedBytes: done.sizeBytes, rawBytes: done.rawBytes });
  };
  if (plan.shards <= SHARDS_IN_ONE_HISTORY) {
    await writeStretch({ ...subject, from: 0, to: plan.shards }, add, run.runLimit);
    return done;
  }
  for (let from = 0; from < plan.shards; from += SHARDS_IN_ONE_HISTORY) {
    const to = Math.min(from + SHARDS_IN_ONE_HISTORY, plan.shards);
    add(await writeStretchInChild({ ...subject, from, to }));
  }
  return done;
}

function writeStretchInChild(stretch: ArchiveShardsInput): Promise<ShardTotals> {
  const { source, plan, from, to } = stretch;
  return executeChild(archiveShards, {
    workflowId: `${workflowInfo().workflowId}/${source.name}/${plan.backupId}/shards-${from}`,
    args: [stretch],
    staticSummary: summaryOf(`${source.name}: shards ${from + 1} to ${to} of ${plan.shards}`),
    // Shards without their hostBackup would never be committed.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}
