import type { ArchivePlan, DumpPlanned } from '../../activities/contract.js';
import { quick, standard, step, transfer } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { reasonToHold } from './reason-to-hold.js';
import { always } from '../scopes.js';
import { limited, placeOf, subjectOf, type Ending, type SourceRun } from './source-run.js';

/** Backs up what a database's own program prints: look at the server → guard → one dump after another → commit by manifest. */
export async function dumpEngine(run: SourceRun): Promise<Ending> {
  const startedAtMs = Date.now();
  run.tell({ step: 'looking' });
  const looked = { ...subjectOf(run), options: run.options, startedAtMs };
  const { plan, dumps } = await step(`${run.source.name}: look at the server`, quick.planDump, looked);
  run.notes.push(...plan.notes);
  run.tell({ shardsDone: 0, shardsTotal: dumps, changedBytes: plan.changedBytes, rawBytes: 0, storedBytes: 0 });
  const figures = { ...NO_FIGURES, entries: plan.counts.entries, changed: plan.changed, deleted: plan.deleted };
  const hold = reasonToHold(run, {
    previousEntries: plan.previousEntries,
    entries: plan.counts.entries,
    deletions: plan.deleted,
    firstDeleted: plan.firstDeleted,
  });
  if (run.options.dryRun) return { status: 'ok', figures };
  if (hold !== undefined) {
    await discard(run, plan);
    return { ...hold, figures };
  }
  try {
    const remarks = await writeDumps(run, { plan, dumps });
    const ending = await commit(run, { plan, dumps }, startedAtMs);
    // Nothing that a program said is overlooked: it dumped, but had something to say.
    if (remarks.length === 0 || ending.status !== 'ok') return ending;
    run.notes.push(...remarks);
    return { ...ending, status: 'warning', remarks };
  } catch (error) {
    await discard(run, plan);
    throw error;
  }
}

const NO_FIGURES = { sourceBytes: 0, storedBytes: 0, shards: 0 } as const;
const REMARKS = 20;

/** One after another: a server has other work. Gives what the programs said. */
async function writeDumps(run: SourceRun, { plan, dumps }: DumpPlanned): Promise<string[]> {
  run.tell({ step: 'transferring' });
  const remarks: string[] = [];
  let [rawBytes, storedBytes] = [0, 0];
  for (let dump = 0; dump < dumps; dump += 1) {
    const summary = `${run.source.name}: dump ${dump + 1} of ${dumps}`;
    const asked = { ...subjectOf(run), host: limited(run.host, run.runLimit()), plan: { ...plan, notes: [] }, dump };
    const written = await step(summary, transfer.writeDump, asked);
    rawBytes += written.rawBytes;
    storedBytes += written.sizeBytes;
    run.tell({ shardsDone: dump + 1, rawBytes, storedBytes });
    if (remarks.length < REMARKS) remarks.push(...written.remarks.map((line) => `${written.fileName}: ${line}`));
  }
  return remarks;
}

async function commit(run: SourceRun, { plan, dumps }: DumpPlanned, startedAtMs: number): Promise<Ending> {
  // A commit is never cut off: nobody could say afterwards whether the backup exists.
  run.tell({ step: 'committing' });
  const input = { ...subjectOf(run), plan, dumps, startedAtMs };
  const summary = `${run.source.name}: commit ${plan.backupId}`;
  const done = await always(() => step(summary, standard.commitDump, input));
  const { entries, sourceBytes, storedBytes } = done;
  return {
    status: done.status,
    backup: { id: done.backupId, level: plan.level, parent: plan.parent },
    figures: { entries, changed: entries, deleted: plan.deleted, sourceBytes, storedBytes, shards: dumps },
    flaws: done.flaws,
    ...(done.errorCounts === undefined ? {} : { errorCounts: done.errorCounts }),
  };
}

/** Nobody goes on with this plan. What cannot be removed now is invisible without a manifest, and swept later. */
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
