import { condition, workflowInfo } from '@temporalio/workflow';
import { recordOfHost, recordsOfHost } from '../../core/history/ended-records.js';
import type { HistoryRecord } from '../../core/history/records.js';
import { openHistory } from '../history/note-ended.js';
import type { FleetBackupInput, HostBackupResult, HostSummary } from '../messages.js';
import { always } from '../scopes.js';

/** Of a thousand hosts that end one soon after the other, many are noted in one step; one that ends alone is noted at once. */
const PAUSE_MS = 1_000;

/** What a fleetBackup notes in history for its hosts; nothing in a dry run. */
export interface FleetHistory {
  /** A host ended and gave its result. What it noted itself is known by its id, and not noted twice. */
  readonly ended: (result: HostBackupResult, execution: Execution) => void;
  /** A host that has noted nothing itself and gave no result: busy, terminated, or left out by a person. */
  readonly lost: (summary: HostSummary, startedAtMs?: number) => void;
  /** Resolves when all is noted. */
  close(): Promise<void>;
}

interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

export function openFleetHistory({ configPath, options }: FleetBackupInput): FleetHistory {
  if (options.dryRun) return { ended: () => undefined, lost: () => undefined, close: async () => undefined };
  const note = openHistory(configPath);
  /** By host. */
  const met = new Map<string, number>();
  let waiting: readonly HistoryRecord[] = [];
  let isClosing = false;
  const noteAll = async (): Promise<void> => {
    for (let notedAtMs = 0; ; notedAtMs = Date.now()) {
      await condition(() => waiting.length > 0 || isClosing);
      if (waiting.length === 0) return;
      const pauseMs = notedAtMs + PAUSE_MS - Date.now();
      if (pauseMs > 0) await condition(() => isClosing, pauseMs);
      const records = waiting;
      waiting = [];
      await note(records);
    }
  };
  const noting = always(noteAll);
  return {
    ended: (result, execution) => (waiting = [...waiting, ...recordsOfHost(result, execution)]),
    lost: (summary, startedAtMs = Date.now()) => {
      const times = (met.get(summary.host) ?? 0) + 1;
      met.set(summary.host, times);
      waiting = [...waiting, recordOfLost(summary, startedAtMs, times)];
    },
    close: () => {
      isClosing = true;
      return noting;
    },
  };
}

function recordOfLost(summary: HostSummary, startedAtMs: number, times: number): HistoryRecord {
  const { host, status, failure, runId, workflowId } = summary;
  const run = workflowInfo();
  const ended = { host, status, sources: [], startedAtMs, durationMs: Date.now() - startedAtMs };
  const execution = runId === undefined ? run : { workflowId, runId };
  const record = recordOfHost({ ...ended, ...(failure === undefined ? {} : { failure }) }, execution);
  // One that has no execution of its own may be met so several times in a run. The clock may say something else when the step is done again.
  return runId === undefined ? { ...record, id: `host/${run.runId}/${host}/${times}` } : record;
}
