import { setCurrentDetails } from '@temporalio/workflow';
import type {
  ExtractShardResult,
  RestoreExtentsResult,
  RestorePlan,
  RestoreReport,
  RestoreRequest,
  SendRestoredResult,
} from '../../activities/contract.js';
import { failure, type Failure, type FailurePlace } from '../../core/failures.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import { restoreDetails } from '../backup/details-text.js';
import type { RestoreProgress, RestoreResult } from '../messages.js';

/** What a restore knows so far: answers its query, writes the text that the Temporal UI shows, and becomes its result. */
export interface RestoreRecord {
  planned(plan: RestorePlan): void;
  tell(step: RestoreProgress['step']): void;
  extracted(part: ExtractShardResult): void;
  extentsWritten(part: RestoreExtentsResult): void;
  finished(report: RestoreReport): void;
  sent(what: SendRestoredResult): void;
  stop(reason: Failure): void;
  note(remark: string): void;
  readonly progress: () => RestoreProgress;
  result(): RestoreResult;
}

export function openRestoreRecord({ host, source, dryRun }: RestoreRequest): RestoreRecord {
  const startedAtMs = Date.now();
  const notes: string[] = [];
  let plan: RestorePlan | undefined;
  let report: RestoreReport | undefined;
  let sent: SendRestoredResult | undefined;
  let stopped: Failure | undefined;
  let progress: RestoreProgress = { step: 'planning', partsDone: 0, partsTotal: 0, bytesRead: 0, bytesToRead: 0 };

  const update = (news: Partial<RestoreProgress>): void => {
    progress = { ...progress, ...news };
    setCurrentDetails(restoreDetails(progress));
  };

  return {
    planned: (made) => {
      plan = made;
      const { backupId, targetPath, parts, bytesToRead } = made;
      update({ step: 'preparing', backupId, targetPath, partsTotal: parts, bytesToRead });
    },
    tell: (step) => update({ step }),
    extracted: ({ bytesRead }) =>
      update({ partsDone: progress.partsDone + 1, bytesRead: progress.bytesRead + bytesRead }),
    extentsWritten: ({ bytesRead }) => update({ bytesRead: progress.bytesRead + bytesRead }),
    finished: (made) => {
      report = made;
    },
    sent: (what) => {
      sent = what;
    },
    stop: (reason) => {
      stopped = reason;
    },
    note: (remark) => {
      notes.push(remark);
    },
    progress: () => progress,
    result: () => {
      update({ step: 'done' });
      const reason = stopped ?? (report?.status === 'failed' ? incomplete(report, { host, source }) : undefined);
      return {
        kind: 'restore',
        host,
        source,
        status: statusOf(stopped, report, plan),
        ...(reason === undefined ? {} : { failure: reason }),
        dryRun,
        ...(plan === undefined ? {} : { plan }),
        ...(report === undefined ? {} : { report }),
        ...(sent === undefined ? {} : { sent }),
        bytesRead: progress.bytesRead,
        notes,
        startedAtMs,
        durationMs: Date.now() - startedAtMs,
      };
    },
  };
}

/** A restore that gave what the backup has is a warning when the backup itself has flaws. */
function statusOf(
  stopped: Failure | undefined,
  report: RestoreReport | undefined,
  plan: RestorePlan | undefined,
): Status {
  if (stopped !== undefined) return stopped.type === 'Cancelled' ? 'cancelled' : 'failed';
  const flawed = plan !== undefined && plan.flaws.count > 0 ? 'warning' : 'ok';
  return worstStatus([report?.status ?? 'ok', flawed]);
}

function incomplete({ compared, differences }: RestoreReport, place: FailurePlace): Failure {
  const examples = differences.first.slice(0, 3).join(', ');
  return failure(
    'RestoreIncomplete',
    `${differences.count} of ${compared} entries are not as recorded: ${examples}`,
    place,
  );
}
