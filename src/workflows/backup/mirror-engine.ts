import type {
  InspectMirrorResult,
  SyncMirrorInput,
  SyncMirrorResult,
  TransferStatistics,
} from '../../activities/contract.js';
import { deletionAllowance } from '../../core/guard/guard.js';
import { local, standard, step, transfer } from '../activity-profiles.js';
import type { SourceFigures } from '../messages.js';
import { reasonToHold } from './reason-to-hold.js';
import { always } from '../scopes.js';
import { subjectOf, type Ending, type SourceRun } from './source-run.js';
import { afterTransfer } from './transfer-warning.js';

/** Brings the one living copy of a source up to date: look (rsync's dry run) → guard → sync, unless nothing changed → commit. */
export async function mirrorEngine(run: SourceRun): Promise<Ending> {
  const { source, startedAtMs } = run;
  const subject = subjectOf(run);

  run.tell({ step: 'looking' });
  const look = await step(`${source.name}: look what changed`, standard.inspectMirror, subject);
  run.notes.push(...look.notes);
  const hold = reasonToHold(run, look);
  if (hold !== undefined) return { ...hold, figures: figuresOf(look, look.statistics) };
  if (run.options.dryRun) {
    return { status: 'ok', figures: figuresOf(look, look.statistics), transfer: look.statistics };
  }

  run.tell({ step: 'transferring' });
  const outcome = look.unchanged
    ? withoutSync(look)
    : await step(`${source.name}: synchronise the mirror`, transfer.syncMirror, { ...subject, ...limitOf(run, look) });

  // A commit is never cut off: nobody could say afterwards whether the backup exists.
  run.tell({ step: 'committing', storedBytes: outcome.statistics.literalBytes });
  const { fileSystem } = look;
  const input = { ...subject, startedAtMs, outcome, ...(fileSystem === undefined ? {} : { fileSystem }) };
  const commit = await always(() => step(`${source.name}: commit`, local.commitMirror, input));
  return {
    ...afterTransfer(run, look, outcome, commit.status),
    backup: { id: commit.backupId, level: 0, parent: null },
    figures: figuresOf(look, outcome.statistics),
    transfer: outcome.statistics,
    flaws: outcome.flaws,
    rsyncExitCode: outcome.exitCode,
    ...(outcome.errorCounts === undefined ? {} : { errorCounts: outcome.errorCounts }),
  };
}

/** The source may lose more while it is read: beyond what the guard allows, rsync stops deleting. */
function limitOf(
  { source, options, approval }: SourceRun,
  look: InspectMirrorResult,
): Pick<SyncMirrorInput, 'maxDeletions'> {
  const { maxDeletePercent } = source;
  const maxDeletions = deletionAllowance({ ...look, maxDeletePercent }, options.approve || approval !== undefined);
  return maxDeletions === undefined ? {} : { maxDeletions };
}

const withoutSync = ({ statistics }: InspectMirrorResult): SyncMirrorResult => ({
  statistics,
  exitCode: 0,
  flaws: { count: 0, first: [] },
});

const figuresOf = (look: InspectMirrorResult, statistics: TransferStatistics): SourceFigures => ({
  // Before the first backup there is nothing to compare with: then only the transfer knows.
  entries: statistics.filesTotal,
  changed: look.changes > 0 ? look.changes : statistics.filesCreated,
  deleted: look.deletions,
  sourceBytes: statistics.totalSizeBytes,
  storedBytes: statistics.literalBytes,
  shards: 0,
});
