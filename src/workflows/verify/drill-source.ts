import { ChildWorkflowCancellationType, ParentClosePolicy, startChild, uuid4 } from '@temporalio/workflow';
import type { DrillStepInput, PlanDrillResult, ProveDrillResult, RunIdentity } from '../../activities/contract.js';
import { failure, type Failure } from '../../core/failures.js';
import { restoreWorkflowId } from '../../core/ids.js';
import type { Status } from '../../core/statuses.js';
import { type Findings, NO_FINDINGS } from '../../core/verify/findings.js';
import { patient, standard, step, summaryOf, transfer } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { type RestoreDrillInput, type RestoreResult, type SourceDrill, WORKFLOW } from '../messages.js';
import { firstThatFit } from '../payload-budget.js';
import type { restore } from '../restore/restore.js';
import { resultInFailure } from '../result-in-failure.js';
import { always } from '../scopes.js';
import type { SelectedSource } from '../sources-queue.js';
import { seedOf } from './verify-source.js';

const FINDINGS_BYTES = 8 * 1024;

type Tell = (what: string) => void;

/** Drills one source; never throws. */
export async function drillSource(
  input: RestoreDrillInput,
  selected: SelectedSource,
  run: RunIdentity,
  tell: Tell,
): Promise<SourceDrill> {
  const seed = input.seed ?? seedOf(uuid4());
  const drill = new Drill(selected, seed, run);
  try {
    tell('drawing files');
    const { configPath, point, sample, scratchIn, identity } = input;
    const plan = await step(`draw files of ${selected.source.name}`, standard.planDrill, {
      ...{ configPath, ...selected, point, sample, seed, run },
      ...(scratchIn === undefined ? {} : { scratchIn }),
      ...(identity === undefined ? {} : { identity }),
    });
    drill.planned(plan);
    const asked: DrillStepInput = { ...selected, plan, seed, complete: sample === 'all', run };
    await restoreAndProve(asked, drill, tell);
  } catch (error) {
    drill.stop(failureOfActivity(error, { host: selected.host.name, source: selected.source.name }));
  }
  return drill.result();
}

async function restoreAndProve(asked: DrillStepInput, drill: Drill, tell: Tell): Promise<void> {
  const { plan } = asked;
  const { taskQueue } = plan;
  try {
    tell(`restoring ${plan.files} files of ${plan.backupId}`);
    const restored = await runRestore(plan, asked.run, drill);
    drill.restored(restored);
    if (restored.report === undefined) return;
    tell('comparing with the source');
    const { status } = restored.report;
    const summary = `compare ${plan.files} files with the source`;
    drill.proven(await step(summary, transfer.proveDrill, { ...asked, report: { status } }, { taskQueue }));
  } finally {
    tell('cleaning up');
    await always(() => step('remove the scratch directory', patient.discardDrill, asked, { taskQueue })).catch(
      (error: unknown) => drill.note(`${plan.scratch} could not be removed: ${failureOfActivity(error).message}`),
    );
  }
}

/** The restore as in earnest, a Workflow of its own. Throws what a cancellation throws; a failed restore is a result. */
async function runRestore({ request }: PlanDrillResult, run: RunIdentity, drill: Drill): Promise<RestoreResult> {
  const workflowId = restoreWorkflowId(request.host, request.source, `drill-${run.runId.slice(0, 8)}`);
  drill.restoring(workflowId);
  try {
    const child = await startChild<typeof restore>(WORKFLOW.restore, {
      workflowId,
      args: [{ request, withoutHooks: true }],
      staticSummary: summaryOf(`Restore drill of ${request.host}:${request.source}`),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    return await child.result();
  } catch (error) {
    const result = resultInFailure<RestoreResult>(error, 'restore');
    if (result === undefined) throw error;
    return result;
  }
}

/** What is known of one source's drill. */
class Drill {
  #plan: PlanDrillResult | undefined;
  #restored: RestoreResult | undefined;
  #proven: ProveDrillResult | undefined;
  #stopped: Failure | undefined;
  #restore: string | undefined;
  readonly #notes: string[] = [];

  constructor(
    private readonly selected: SelectedSource,
    private readonly seed: number,
    private readonly run: RunIdentity,
  ) {}

  planned(plan: PlanDrillResult): void {
    this.#plan = plan;
  }
  restoring(workflowId: string): void {
    this.#restore = workflowId;
  }
  restored(result: RestoreResult): void {
    this.#restored = result;
  }
  proven(result: ProveDrillResult): void {
    this.#proven = result;
  }
  stop(reason: Failure): void {
    this.#stopped = reason;
  }
  note(remark: string): void {
    this.#notes.push(remark);
  }

  result(): SourceDrill {
    const { host, source } = this.selected;
    const reason = this.#failure();
    const proven = this.#proven;
    const differing = this.#differing();
    return {
      host: host.name,
      source: source.name,
      engine: source.engine,
      status: statusOf(reason),
      ...(reason === undefined ? {} : { failure: reason }),
      ...(this.#plan === undefined ? {} : { backupId: this.#plan.backupId }),
      destination: source.destination.name,
      runId: this.run.runId,
      endedAtMs: Date.now(),
      seed: this.seed,
      ...(proven === undefined || reason !== undefined ? {} : { proof: proven.proof }),
      files: proven?.files ?? 0,
      bytes: proven?.bytes ?? 0,
      comparedWithSource: proven?.comparedWithSource ?? 0,
      differing: { count: differing.count, first: firstThatFit(differing.first, FINDINGS_BYTES) },
      ...(this.#restore === undefined ? {} : { restore: this.#restore }),
      notes: [...this.#notes, ...(proven?.notes ?? [])],
    };
  }

  /** What the restore said of entries, then what the comparison says. */
  #differing(): Findings {
    const report = this.#restored?.report;
    const unlike = report?.status === 'failed' ? report.differences : NO_FINDINGS;
    const proven = this.#proven?.differing ?? NO_FINDINGS;
    return { count: unlike.count + proven.count, first: [...unlike.first, ...proven.first] };
  }

  #failure(): Failure | undefined {
    if (this.#stopped !== undefined) return this.#stopped;
    const place = { host: this.selected.host.name, source: this.selected.source.name };
    const restoreFailure = this.#restored?.failure;
    if (restoreFailure !== undefined)
      return failure('DrillFailed', `${restoreFailure.message} (${restoreFailure.type})`, place);
    const { count, first } = this.#differing();
    if (count === 0) return undefined;
    return failure('DrillFailed', `${count} files are not as they were: ${first.slice(0, 3).join('; ')}`, place);
  }
}

function statusOf(reason: Failure | undefined): Status {
  if (reason === undefined) return 'ok';
  return reason.type === 'Cancelled' ? 'cancelled' : 'failed';
}
