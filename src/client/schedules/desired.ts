import { createHash } from 'node:crypto';
import type { ScheduleOptions, ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import type { ScheduleOverlap, SchedulePlan, ScheduleTimes } from '../../config/load.js';
import { durationWord } from '../../config/units.js';
import { scheduleId, TASK_QUEUE } from '../../core/ids.js';
import { DEFAULT_SIZE_LIMIT_MS } from '../../core/sizes/sizes.js';
import {
  type FleetBackupInput,
  type PruneInput,
  type RestoreDrillInput,
  type ScanSizesInput,
  type VerifyBackupsInput,
  WORKFLOW,
} from '../../workflows/messages.js';

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
  /** Default: DEFAULT_SIZE_LIMIT_MS. */
  readonly sizeScanLimitMs?: number;
}

const OVERLAP: Readonly<Record<ScheduleOverlap, NonNullable<ScheduleOverlapPolicy>>> = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  buffer_all: 'BUFFER_ALL',
  cancel_other: 'CANCEL_OTHER',
  allow_all: 'ALLOW_ALL',
};

/** A schedule of the configuration as a Temporal Schedule: nothing is left to a server's defaults. */
export function desiredSchedule(plan: SchedulePlan, context: ScheduleContext): DesiredSchedule {
  const { workflowType, input } = actionOf(plan, context);
  const { configPath } = context;
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
      workflowType,
      workflowId: scheduleId(plan.name),
      taskQueue: TASK_QUEUE,
      args: [input],
      staticSummary: `scheduled ${plan.action} ${plan.name}`,
      memo: { [MARK]: mark },
    },
    state: { paused: plan.paused, note },
    mark,
  };
}

type ScheduledInput = FleetBackupInput | PruneInput | VerifyBackupsInput | RestoreDrillInput | ScanSizesInput;

/** Nobody is there to approve anything when it runs. */
function actionOf(
  { name, action, selection, full, readPercent }: SchedulePlan,
  { configPath, parallelHosts, sizeScanLimitMs = DEFAULT_SIZE_LIMIT_MS }: ScheduleContext,
): { readonly workflowType: string; readonly input: ScheduledInput } {
  switch (action) {
    case 'backup': {
      const options = { dryRun: false, full, approve: false };
      return {
        workflowType: WORKFLOW.fleetBackup,
        input: { configPath, plan: name, selection, options, parallelHosts },
      };
    }
    case 'prune':
      return {
        workflowType: WORKFLOW.pruneDestinations,
        input: { configPath, selection, approve: false, sweepOnly: false },
      };
    case 'verify':
      return {
        workflowType: WORKFLOW.verifyBackups,
        input: { configPath, selection, which: { latest: true }, readPercent, parallelSources: 2 },
      };
    case 'drill':
      return {
        workflowType: WORKFLOW.restoreDrill,
        input: { configPath, selection, point: { latest: true }, sample: DRILL_SAMPLE },
      };
    case 'sizes':
      return { workflowType: WORKFLOW.scanSizes, input: { configPath, selection, limitMs: sizeScanLimitMs } };
  }
}

const DRILL_SAMPLE = { files: 100, bytes: 1024 ** 3 };

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
