import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
} from '@temporalio/client';
import type { SchedulePlan } from '../../config/load.js';
import { HoldfastError } from '../../core/failures.js';
import { type DesiredSchedule, desiredSchedule, markOf, type ScheduleContext } from './desired.js';
import { describeOwned } from './list.js';

export type ScheduleChange = 'created' | 'updated' | 'unchanged' | 'deleted' | 'orphaned';

export interface AppliedSchedule {
  readonly id: string;
  readonly change: ScheduleChange;
  readonly when: string;
}

export interface ApplyOptions extends ScheduleContext {
  readonly dryRun: boolean;
  /** Delete schedules of this file that it does not have any more; else they are only named (`orphaned`). */
  readonly prune: boolean;
}

/**
 * Makes the server's Schedules those of the configuration. Doing it twice changes nothing; whether one is paused is left as it is.
 * Throws ScheduleForeign, before anything is changed, when a name is taken by a Schedule of another file or program.
 */
export async function applySchedules(
  client: ScheduleClient,
  plans: readonly SchedulePlan[],
  options: ApplyOptions,
): Promise<AppliedSchedule[]> {
  const desired = plans.map((plan) => desiredSchedule(plan, options));
  const found = await Promise.all(desired.map(({ scheduleId }) => describe(client.getHandle(scheduleId))));
  desired.forEach((schedule, index) => refuseForeign(schedule, found[index]));
  const applied: AppliedSchedule[] = [];
  for (const [index, schedule] of desired.entries()) {
    const change = await applyOne(client, schedule, found[index], options.dryRun);
    applied.push({ id: schedule.scheduleId, change, when: schedule.mark.when });
  }
  return [...applied, ...(await removeOthers(client, new Set(desired.map(({ scheduleId }) => scheduleId)), options))];
}

async function applyOne(
  client: ScheduleClient,
  desired: DesiredSchedule,
  found: ScheduleDescription | undefined,
  dryRun: boolean,
): Promise<ScheduleChange> {
  if (found === undefined) {
    if (!dryRun) await create(client, desired);
    return 'created';
  }
  if (markOf(found.action)?.digest === desired.mark.digest) return 'unchanged';
  if (!dryRun) await update(client.getHandle(desired.scheduleId), desired);
  return 'updated';
}

async function create(client: ScheduleClient, desired: DesiredSchedule): Promise<void> {
  const { mark: _mark, ...options } = desired;
  try {
    await client.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw refusedByServer(desired, error);
    // Somebody else applied the same file at the same time.
    await update(client.getHandle(desired.scheduleId), desired);
  }
}

async function update(handle: ScheduleHandle, desired: DesiredSchedule): Promise<void> {
  try {
    await handle.update(({ state }) => ({
      spec: desired.spec,
      action: desired.action,
      policies: desired.policies ?? {},
      state: { paused: state.paused, note: desired.state?.note ?? '' },
    }));
  } catch (error) {
    throw refusedByServer(desired, error);
  }
}

async function describe(handle: ScheduleHandle): Promise<ScheduleDescription | undefined> {
  try {
    return await handle.describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function refuseForeign(desired: DesiredSchedule, found: ScheduleDescription | undefined): void {
  if (found === undefined) return;
  const owner = markOf(found.action)?.configPath;
  if (owner === desired.mark.configPath) return;
  const whose = owner === undefined ? 'was not made by Holdfast' : `belongs to ${owner}`;
  throw new HoldfastError('ScheduleForeign', `Schedule ${desired.scheduleId} ${whose}; nothing was changed.`);
}

async function removeOthers(
  client: ScheduleClient,
  wanted: ReadonlySet<string>,
  { configPath, prune, dryRun }: ApplyOptions,
): Promise<AppliedSchedule[]> {
  const owned = await describeOwned(client);
  const others = owned.filter(({ scheduleId, mark }) => mark.configPath === configPath && !wanted.has(scheduleId));
  if (prune && !dryRun) await Promise.all(others.map(({ scheduleId }) => client.getHandle(scheduleId).delete()));
  return others.map(({ scheduleId, mark }) => ({
    id: scheduleId,
    change: prune ? 'deleted' : 'orphaned',
    when: mark.when,
  }));
}

/** The server has the last word on what a time is. */
function refusedByServer(desired: DesiredSchedule, error: unknown): unknown {
  const INVALID_ARGUMENT = 3;
  const cause: unknown =
    error instanceof Error && 'code' in error ? error : error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !('code' in cause) || cause.code !== INVALID_ARGUMENT) return error;
  return new HoldfastError(
    'ConfigInvalid',
    `Schedule ${desired.scheduleId} (${desired.mark.when}): the server refused it: ${cause.message}`,
    {},
    { cause: error },
  );
}
