import { setTimeout as delay } from 'node:timers/promises';
import { type ScheduleClient, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { suggestion } from '../../config/nearest.js';
import { HoldfastError } from '../../core/failures.js';
import { scheduleId } from '../../core/ids.js';
import { describeOwned, scheduleSummary } from './list.js';

const START_LIMIT_MS = 20_000;

/**
 * Starts a schedule's run now, whatever its times and also when it is paused, and gives the run's Workflow ID.
 * Throws Busy when its last run still goes on, ScheduleNotFound, and TimedOut when the server does not start it.
 */
export async function triggerSchedule(client: ScheduleClient, name: string): Promise<string> {
  const handle = client.getHandle(scheduleId(name));
  const before = await found(client, name, () => handle.describe());
  const [running] = before.info.runningActions;
  if (running !== undefined) throw new HoldfastError('Busy', `${running.workflow.workflowId} still goes on.`);
  const known = new Set(before.info.recentActions.map(({ action }) => action.workflow.firstExecutionRunId));
  await handle.trigger('SKIP');
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const started = newestOf(await handle.describe(), known);
    if (started !== undefined) return started;
    await delay(50);
  }
  throw new HoldfastError(
    'TimedOut',
    `Schedule ${name} was triggered, but no run of it began within ${START_LIMIT_MS / 1_000} s.`,
  );
}

const newestOf = ({ info }: ScheduleDescription, known: ReadonlySet<string>): string | undefined =>
  info.recentActions.findLast(({ action }) => !known.has(action.workflow.firstExecutionRunId))?.action.workflow
    .workflowId;

/** Throws ScheduleNotFound. */
export async function pauseSchedule(client: ScheduleClient, name: string, note: string): Promise<void> {
  await found(client, name, () => client.getHandle(scheduleId(name)).pause(note));
}

/** Throws ScheduleNotFound. */
export async function resumeSchedule(client: ScheduleClient, name: string, note: string): Promise<void> {
  await found(client, name, () => client.getHandle(scheduleId(name)).unpause(note));
}

/** Its runs stay. Throws ScheduleNotFound. */
export async function deleteSchedule(client: ScheduleClient, name: string): Promise<void> {
  await found(client, name, () => client.getHandle(scheduleId(name)).delete());
}

async function found<Result>(client: ScheduleClient, name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const names = (await describeOwned(client)).map((schedule) => scheduleSummary(schedule).name);
    throw new HoldfastError(
      'ScheduleNotFound',
      `There is no schedule ${JSON.stringify(name)}; ${suggestion(name, names)}`,
      {},
      { cause: error },
    );
  }
}
