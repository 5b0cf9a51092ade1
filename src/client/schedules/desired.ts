import { createHash } from 'node:crypto';
import type { ScheduleOptions, ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import type { ScheduleOverlap, SchedulePlan, ScheduleTimes } from '../../config/load.js';
import { durationWord } from '../../config/units.js';
import { scheduleId, TASK_QUEUE } from '../../core/ids.js';
import { type FleetBackupInput, WORKFLOW } from '../../workflows/messages.js';

/** What `apply` must know again later. It travels with the action: a Schedule's own memo cannot be changed. */
export interface ScheduleMark {
  /** Of all that the file decides: when it is the same, nothing is to be changed. */
  readonly digest: string;
  readonly configPath: string;
  /** For people: `30 2 * * * Europe/Berlin`. */
  readonly when: string;
}

export type DesiredSchedule = ScheduleOptions & { readonly mark: ScheduleMark };

export interface ScheduleContext {
  /** Absolute, as the workers see it. */
  readonly configPath: string;
  readonly parallelHosts: number;
}

const OVERLAP: Readonly<Record<ScheduleOverlap, NonNullable<ScheduleOverlapPolicy>>> = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  buffer_all: 'BUFFER_ALL',
  cancel_other: 'CANCEL_OTHER',
  allow_all: 'ALLOW_ALL',
};

/** A schedule of the configuration as a Temporal Schedule: nothing is left to a server's defaults. */
export function desiredSchedule(plan: SchedulePlan, { configPath, parallelHosts }: ScheduleContext): DesiredSchedule {
  const input: FleetBackupInput = {
    configPath,
    plan: plan.name,
    selection: plan.selection,
    options: { dryRun: false, full: plan.full, approve: false },
    parallelHosts,
  };
  const spec: ScheduleSpec = { ...specOf(plan.times), jitter: plan.jitterMs };
  const policies = { overlap: OVERLAP[plan.overlap], catchupWindow: plan.catchupWindowMs, pauseOnFailure: false };
  const note = plan.note ?? '';
  const mark = { digest: digestOf({ input, spec, policies, note }), configPath, when: whenText(plan.times) };
  return {
    scheduleId: scheduleId(plan.name),
    spec,
    policies,
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW.fleetBackup,
      workflowId: scheduleId(plan.name),
      taskQueue: TASK_QUEUE,
      args: [input],
      staticSummary: `scheduled backup ${plan.name}`,
      memo: { [MARK]: mark },
    },
    state: { paused: plan.paused, note },
    mark,
  };
}

const MARK = 'holdfastSchedule';

/** The mark that an action bears, if it is one of ours. */
export function markOf(action: { readonly memo?: Record<string, unknown> | undefined }): ScheduleMark | undefined {
  const mark = action.memo?.[MARK];
  return typeof mark === 'object' && mark !== null && 'digest' in mark ? (mark as ScheduleMark) : undefined;
}

function specOf(times: ScheduleTimes): ScheduleSpec {
  if ('cron' in times) return { cronExpressions: [...times.cron], timezone: times.timezone };
  return { intervals: [{ every: times.everyMs, offset: times.offsetMs }] };
}

function whenText(times: ScheduleTimes): string {
  if ('cron' in times) return `${times.cron.join('; ')} ${times.timezone}`;
  const offset = times.offsetMs === 0 ? '' : ` + ${durationWord(times.offsetMs)}`;
  return `every ${durationWord(times.everyMs)}${offset}`;
}

/** Members stand in a fixed order, so equal plans have equal digests. */
const digestOf = (decided: object): string => createHash('sha256').update(JSON.stringify(decided)).digest('hex');
