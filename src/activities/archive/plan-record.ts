import { HoldfastError } from '../../core/failures.js';
import type { ArchiveOptions, FlawedEntry } from '../../core/archive/manifest.js';
import type { ErrorCounts } from '../../core/errors/error-types.js';
import { PLAN_RECORD } from '../../core/archive/manifest-keys.js';
import type { Repository } from './open-repository.js';
import { putPlanObject, readPlanObject } from './plan-object.js';

/** What the later steps of a backup need of its plan and what is too large, or too much a detail, for a payload. */
export interface PlanRecord {
  /** The source's newest backup when this was planned. */
  readonly newest: string | null;
  readonly options: ArchiveOptions;
  readonly draftLines: number;
  /** Undefined when no directory changed. */
  readonly directoriesShard?: number;
  /** Undefined when no large file changed. */
  readonly skeletonsShard?: number;
  /** What find could not look at. */
  readonly scanFlaws: {
    readonly count: number;
    readonly first: readonly FlawedEntry[];
    /** Absent in plans of older workers. */
    readonly errorCounts?: ErrorCounts;
  };
}

export async function writePlanRecord(storage: Repository, planPrefix: string, record: PlanRecord): Promise<void> {
  await putPlanObject(storage, planPrefix + PLAN_RECORD, Buffer.from(JSON.stringify(record)));
}

/** Throws ObjectMissing when the plan is gone. */
export async function readPlanRecord(storage: Repository, planPrefix: string): Promise<PlanRecord> {
  const bytes = await readPlanObject(storage, planPrefix + PLAN_RECORD);
  if (bytes === undefined) {
    throw new HoldfastError('ObjectMissing', `the plan ${planPrefix} is no longer in ${storage.location}`);
  }
  return JSON.parse(bytes.toString('utf8')) as PlanRecord;
}
