import { type ScheduleClient, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { scheduleId } from '../../core/ids.js';
import { markOf, type ScheduleMark } from './desired.js';

const PREFIX = scheduleId('');
/** Descriptions asked for at a time. */
const AT_A_TIME = 20;

export type OwnedSchedule = ScheduleDescription & { readonly mark: ScheduleMark };

/** Every Schedule that bears our mark, by name. The server's list lags a moment behind what was just made; a description does not. */
export async function describeOwned(client: ScheduleClient): Promise<OwnedSchedule[]> {
  const ids: string[] = [];
  for await (const { scheduleId: id } of client.list()) {
    if (id.startsWith(PREFIX)) ids.push(id);
  }
  const owned: OwnedSchedule[] = [];
  for (let at = 0; at < ids.length; at += AT_A_TIME) {
    const found = await Promise.all(ids.slice(at, at + AT_A_TIME).map((id) => describeOwnedOne(client, id)));
    owned.push(...found.flat());
  }
  return owned.sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
}

async function describeOwnedOne(client: ScheduleClient, id: string): Promise<OwnedSchedule[]> {
  try {
    const description = await client.getHandle(id).describe();
    const mark = markOf(description.action);
    return mark === undefined ? [] : [{ ...description, mark }];
  } catch (error) {
    // Deleted since the list was made.
    if (error instanceof ScheduleNotFoundError) return [];
    throw error;
  }
}

/** A schedule as lists show it. */
export interface ScheduleSummary {
  readonly name: string;
  readonly id: string;
  readonly when: string;
  readonly paused: boolean;
  readonly note: string;
  readonly config: string;
  readonly next: string | null;
  readonly last: { readonly started: string; readonly workflow_id: string } | null;
  readonly running: readonly string[];
  readonly missed: number;
  readonly skipped: number;
}

export function scheduleSummary({ scheduleId: id, mark, state, info }: OwnedSchedule): ScheduleSummary {
  const last = info.recentActions.at(-1);
  return {
    name: id.slice(PREFIX.length),
    id,
    when: mark.when,
    paused: state.paused,
    note: state.note ?? '',
    config: mark.configPath,
    next: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
    last:
      last === undefined ? null : { started: last.takenAt.toISOString(), workflow_id: last.action.workflow.workflowId },
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
  };
}
