import { workflowInfo } from '@temporalio/workflow';
import type { Failure } from '../../core/failures.js';
import { patient, quick, step } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { PruneDestinationInput, PruneDestinationResult } from '../messages.js';
import { PruneTally } from './prune-counts.js';

const SOURCES_IN_PAGE = 10;

/**
 * Prunes one destination: for each source of it, marks the backups that no rule keeps, deletes those marked long enough ago that are still
 * to go, and sweeps up what abandoned runs left. A source that needs a person first is `held`; the others go on. Its Workflow ID is the lock.
 */
export async function prune(input: PruneDestinationInput): Promise<PruneDestinationResult> {
  const startedAtMs = Date.now();
  const tally = new PruneTally();
  let stopped: Failure | undefined;
  try {
    await pruneAll(input, tally);
  } catch (error) {
    stopped = failureOfActivity(error);
  }
  const failure = stopped ?? tally.worst?.failure;
  return conclude<PruneDestinationResult>({
    kind: 'prune-destination',
    destination: input.destination,
    status: stopped === undefined ? tally.status : stopped.type === 'Cancelled' ? 'cancelled' : 'failed',
    ...(failure === undefined ? {} : { failure }),
    counts: tally.counts,
    sources: tally.told(),
    durationMs: Date.now() - startedAtMs,
  });
}

async function pruneAll(input: PruneDestinationInput, tally: PruneTally): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const run = { workflowId, runId };
  let total = 1;
  for (let offset = 0; offset < total; offset += SOURCES_IN_PAGE) {
    const summary = `prune ${input.destination}, from source ${offset + 1}`;
    const page = { ...input, offset, limit: SOURCES_IN_PAGE, nowMs: Date.now(), run };
    const pruned = await step(summary, patient.pruneSources, page);
    total = pruned.total;
    for (const source of pruned.sources) tally.add(source);
  }
  if (input.sweepOnly) return;
  const { deleted, freedBytes } = tally.counts;
  const record = { ...input, deleted, freedBytes, nowMs: Date.now(), run };
  await step('record this prune', quick.recordPrune, record);
}
