import { setHandler, workflowInfo } from '@temporalio/workflow';
import type {
  RestoreHooks,
  RestorePlan,
  RestoreReport,
  RestoreRequest,
  RestoreStepInput,
} from '../../activities/contract.js';
import { machineTaskQueue, TASK_QUEUE } from '../../core/ids.js';
import { quick, standard, step, transfer } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { allOrNothing } from '../fan-out.js';
import { openRestoreHooks, type HooksOfRestore } from '../hooks/hooks-of-restore.js';
import { restoreProgressQuery, type RestoreInput, type RestoreResult } from '../messages.js';
import { openRestoreRecord, type RestoreRecord } from './restore-record.js';
import { recordRun } from '../catalog/record-run.js';
import { restoreToStdout } from './restore-to-stdout.js';
import { markSubject } from '../run-search-attributes.js';
import { always } from '../scopes.js';

const PARTS_AT_A_TIME = 2;
/** A machine that is named as the target must run a worker; so long may it take to come back. */
const WORKER_WAIT = '15 minutes';

/**
 * Restores one source to a point in time.
 *
 * First run the before_restore hooks of the source, last its after_restore hooks, whatever happened.
 *
 *   1. Plan: find the point, compare it with the target. A dry run ends here.
 *   2. Archive: make the directories, extract the shards (each fetched once), then directories' attributes and deletions. Mirror: rsync.
 *   3. Compare the target with the point: differences make it a warning or a failure, as the report says.
 *
 * All steps after the plan run on the machine that holds the plan's lists. Failed or cancelled, the lists are removed; what is already in
 * the target stays, and the same restore again skips what is right.
 */
export async function restore(input: RestoreInput): Promise<RestoreResult> {
  const { request, stdout } = input;
  const record = openRestoreRecord(request);
  setHandler(restoreProgressQuery, record.progress);
  markSubject(request);
  const hooks = openRestoreHooks(input, record);
  try {
    const into = (target: RestoreRequest): Promise<RestoreReport | undefined> => restoreInto(target, record, hooks);
    await (stdout === undefined ? into(request) : restoreToStdout(request, stdout, record, into));
  } catch (error) {
    record.stop(failureOfActivity(error, { host: request.host, source: request.source }));
  }
  const result = await hooks.ended(record.result());
  const { host, source, status, dryRun, plan } = result;
  await recordRun(request.configPath, result, [{ host, status }], { source, dryRun, backupId: plan?.backupId ?? null });
  return conclude(result);
}

/** Undefined in a dry run. */
async function restoreInto(
  request: RestoreRequest,
  record: RestoreRecord,
  hooks: HooksOfRestore,
): Promise<RestoreReport | undefined> {
  const plan = await hooks.plan((hooksFirst) => planRestore(request, hooksFirst));
  record.planned(plan);
  if (request.dryRun) return undefined;
  const report = await perform({ request, plan, run: identity() }, record);
  record.finished(report);
  return report;
}

function planRestore(request: RestoreRequest, hooksFirst: boolean): Promise<RestorePlan | RestoreHooks> {
  const { point, source, target } = request;
  const when = nameOfPoint(point);
  const taskQueue = target.kind === 'local' ? machineTaskQueue(target.machine) : TASK_QUEUE;
  return step(
    `plan the restore of ${source}, ${when}`,
    standard.planRestore,
    { request, run: identity(), ...(hooksFirst ? { hooksFirst } : {}) },
    {
      taskQueue,
      scheduleToStartTimeout: WORKER_WAIT,
    },
  );
}

function nameOfPoint(point: RestoreRequest['point']): string {
  if ('snapshot' in point) return `its snapshot ${point.snapshot}`;
  if ('backupId' in point) return point.backupId;
  return 'at' in point ? `its state at ${point.at}` : 'its latest backup';
}

async function perform(input: RestoreStepInput, record: RestoreRecord): Promise<RestoreReport> {
  try {
    return input.plan.engine === 'archive' ? await restoreArchive(input, record) : await restoreMirror(input, record);
  } catch (error) {
    await discard(input, record);
    throw error;
  }
}

async function restoreArchive(input: RestoreStepInput, record: RestoreRecord): Promise<RestoreReport> {
  const { parts, extentParts = 0, taskQueue } = input.plan;
  record.tell('preparing');
  await step('make the directories', standard.prepareRestore, input, { taskQueue });
  record.tell('extracting');
  // The lists for people need not travel with each of hundreds of shards.
  const lean = { ...input, plan: { ...input.plan, flaws: { ...input.plan.flaws, first: [] }, notes: [] } };
  await allOrNothing(PARTS_AT_A_TIME, { from: 0, to: parts }, async (part) => {
    const summary = `extract shard ${part + 1} of ${parts}`;
    record.extracted(await step(summary, transfer.extractShard, { ...lean, part }, { taskQueue }));
  });
  await allOrNothing(PARTS_AT_A_TIME, { from: 0, to: extentParts }, async (part) => {
    const summary = `write extents of large files, part ${part + 1} of ${extentParts}`;
    record.extentsWritten(await step(summary, transfer.restoreExtents, { ...lean, part }, { taskQueue }));
  });
  record.tell('comparing');
  return step('set directories’ attributes, compare with the backup', transfer.finishRestore, input, { taskQueue });
}

function restoreMirror(input: RestoreStepInput, record: RestoreRecord): Promise<RestoreReport> {
  record.tell('synchronising');
  return step('copy from the mirror, compare', transfer.restoreMirror, input, { taskQueue: input.plan.taskQueue });
}

async function discard(input: RestoreStepInput, record: RestoreRecord): Promise<void> {
  record.tell('cleaning up');
  try {
    const { taskQueue } = input.plan;
    await always(() => step('remove the lists of this restore', quick.discardRestore, input, { taskQueue }));
  } catch (error) {
    record.note(`Its lists could not be removed from ${input.plan.spool}: ${failureOfActivity(error).message}`);
  }
}

function identity(): RestoreStepInput['run'] {
  const { workflowId, runId } = workflowInfo();
  return { workflowId, runId };
}
