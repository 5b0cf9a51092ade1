import type { ArchivePlan } from '../../activities/contract.js';
import { quick, standard, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { SourceFigures } from '../messages.js';
import { reasonToHold, type SourceLook } from './reason-to-hold.js';
import { always } from '../scopes.js';
import { placeOf, subjectOf, type Ending, type SourceRun } from './source-run.js';
import { writeExtents } from './write-extents.js';
import { writeShards } from './write-shards.js';

/** Other runs may commit to the same chain meanwhile (another Holdfast, a person): so often do we plan from what they left. */
const PLANS_AT_MOST = 3;

/** Adds a level to a source's chain: plan (scan and compare) → guard → shards → commit by manifest. */
export async function archiveEngine(run: SourceRun): Promise<Ending> {
  for (let planned = 1; ; planned++) {
    const startedAtMs = Date.now();
    const plan = await planArchive(run, startedAtMs);
    const hold = reasonToHold(run, lookOf(plan));
    if (run.options.dryRun) return { status: 'ok', figures: figuresOf(plan, 0) };
    if (hold !== undefined) {
      await discard(run, plan);
      return { ...hold, figures: figuresOf(plan, 0) };
    }
    try {
      return await storeAndCommit(run, plan, startedAtMs);
    } catch (error) {
      await discard(run, plan);
      const { type, message } = failureOfActivity(error);
      if (type !== 'ChainMoved' || planned === PLANS_AT_MOST) throw error;
      run.notes.push(`${message} It was planned again.`);
    }
  }
}

async function planArchive(run: SourceRun, startedAtMs: number): Promise<ArchivePlan> {
  run.tell({ step: 'looking' });
  const input = { ...subjectOf(run), options: run.options, startedAtMs };
  const plan = await step(`${run.source.name}: scan and plan`, standard.planArchive, input);
  run.notes.push(...plan.notes);
  run.tell({ shardsDone: 0, shardsTotal: plan.shards, changedBytes: plan.changedBytes, rawBytes: 0, storedBytes: 0 });
  return plan;
}

async function storeAndCommit(run: SourceRun, plan: ArchivePlan, startedAtMs: number): Promise<Ending> {
  run.tell({ step: 'transferring' });
  const shards = await writeShards(run, plan);
  if (plan.extentBatches !== undefined) await writeExtents(run, plan, shards);

  // A commit is never cut off: nobody could say afterwards whether the backup exists.
  run.tell({ step: 'committing' });
  const input = { ...subjectOf(run), plan, startedAtMs };
  const summary = `${run.source.name}: commit ${plan.backupId}`;
  const commit = await always(() => step(summary, standard.commitArchive, input));
  return {
    status: commit.status,
    backup: { id: commit.backupId, level: plan.level, parent: plan.parent },
    figures: figuresOf(plan, commit.storedBytes),
    flaws: commit.flaws,
    ...(commit.errorCounts === undefined ? {} : { errorCounts: commit.errorCounts }),
  };
}

/** Nobody resumes this plan. What cannot be removed now is invisible without a manifest, and swept later. */
async function discard(run: SourceRun, plan: ArchivePlan): Promise<void> {
  const summary = `${run.source.name}: remove the unfinished ${plan.backupId}`;
  try {
    await always(() => step(summary, quick.discardArchivePlan, { source: run.source, plan }));
  } catch (error) {
    const { message } = failureOfActivity(error, placeOf(run));
    run.notes.push(
      `The unfinished ${plan.backupId} could not be removed from ${run.source.destination.name}: ${message}`,
    );
  }
}

const lookOf = (plan: ArchivePlan): SourceLook => ({
  previousEntries: plan.previousEntries,
  entries: plan.counts.entries,
  deletions: plan.deleted,
  firstDeleted: plan.firstDeleted,
  ...(plan.fileSystem === undefined ? {} : { fileSystem: plan.fileSystem }),
  ...(plan.previousFileSystem === undefined ? {} : { previousFileSystem: plan.previousFileSystem }),
  ...(plan.missingMarkers === undefined ? {} : { missingMarkers: plan.missingMarkers }),
});

const figuresOf = (plan: ArchivePlan, storedBytes: number): SourceFigures => ({
  entries: plan.counts.entries,
  changed: plan.changed,
  deleted: plan.deleted,
  sourceBytes: plan.sourceBytes,
  storedBytes,
  shards: plan.shards,
});
