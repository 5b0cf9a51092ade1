import type { ArchivePlan } from '../../activities/contract.js';
import { step, transfer } from '../activity-profiles.js';
import { allOrNothing } from '../fan-out.js';
import type { ShardTotals } from '../messages.js';
import { leanPlan, limited, subjectOf, type SourceRun } from './source-run.js';

/** Stores the extents of a plan's large files, as many batches at a time as the source allows shards. Throws the first failure. */
export async function writeExtents(run: SourceRun, plan: ArchivePlan, shards: ShardTotals): Promise<void> {
  const batches = plan.extentBatches ?? 0;
  const subject = { ...subjectOf(run), plan: leanPlan(plan) };
  let { sizeBytes: storedBytes, rawBytes } = shards;
  await allOrNothing(run.source.archive.parallelShards, { from: 0, to: batches }, async (batch) => {
    const summary = `${run.source.name}: large files, batch ${batch + 1} of ${batches}`;
    const written = await step(summary, transfer.writeExtents, {
      ...subject,
      host: limited(run.host, run.runLimit()),
      batch,
    });
    storedBytes += written.sizeBytes;
    rawBytes += written.rawBytes;
    run.tell({ storedBytes, rawBytes });
  });
}
