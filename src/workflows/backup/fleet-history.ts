import { patched, workflowInfo } from '@temporalio/workflow';
import { recordOfHost } from '../../core/history/ended-records.js';
import type { HostRecord } from '../../core/history/records.js';
import { openHistory } from '../history/note-ended.js';
import type { FleetBackupInput, HostSummary } from '../messages.js';

/** What a fleetBackup leaves in history of hosts that have left nothing themselves: busy, terminated, or left out by a person. */
export interface FleetHistory {
  /** Its hosts are to leave some too. */
  readonly isKept: boolean;
  readonly lost: (summary: HostSummary, startedAtMs?: number) => void;
  /** Whether there are any that are not noted. */
  waits(): boolean;
  flush(): Promise<void>;
}

/** To be called at the Workflow's very beginning. */
export function openFleetHistory({ configPath, options }: FleetBackupInput): FleetHistory {
  if (options.dryRun) return { isKept: false, lost: () => undefined, waits: () => false, flush: async () => undefined };
  const isKept = patched('history');
  const note = openHistory(configPath, isKept);
  const run = workflowInfo();
  let waiting: readonly HostRecord[] = [];
  return {
    isKept,
    lost: ({ host, status, failure, runId, workflowId }, startedAtMs = Date.now()) => {
      const ended = { host, status, sources: [], startedAtMs, durationMs: Date.now() - startedAtMs };
      const execution = runId === undefined ? run : { workflowId, runId };
      const record = recordOfHost({ ...ended, ...(failure === undefined ? {} : { failure }) }, execution);
      // One that has no execution of its own may be met so several times in a run.
      const id = runId === undefined ? `host/${run.runId}/${host}/${startedAtMs}` : record.id;
      waiting = [...waiting, { ...record, id }];
    },
    waits: () => waiting.length > 0,
    flush: () => {
      const records = waiting;
      waiting = [];
      return note(records);
    },
  };
}
