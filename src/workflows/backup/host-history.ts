import { workflowInfo } from '@temporalio/workflow';
import { recordOfHost, recordOfSource } from '../../core/history/ended-records.js';
import type { SourceRecord } from '../../core/history/records.js';
import { openHistory } from '../history/note-ended.js';
import type { HostBackupInput, HostBackupResult } from '../messages.js';
import { isCancelled } from '../scopes.js';
import type { HostRecord } from './host-record.js';

/** What a hostBackup notes in history itself; nothing in a dry run. */
export interface HostHistory {
  /** Notes the sources that have ended. To be called before anything that may take long. */
  flush(): Promise<void>;
  /** Sees to it that the host is noted, and with it the sources that are left. To be called last of all: whoever ends now says so in its result. */
  ended(result: HostBackupResult): Promise<void>;
}

export function openHostHistory(
  { configPath, host, options }: Pick<HostBackupInput, 'configPath' | 'host' | 'options'>,
  record: HostRecord,
): HostHistory {
  if (options.dryRun) return { flush: async () => undefined, ended: async () => undefined };
  const note = openHistory(configPath);
  const { workflowId, runId, parent } = workflowInfo();
  let noted = 0;
  const take = (): SourceRecord[] => {
    const reason = record.stopped();
    const of = { host, workflowId, runId, ...(reason === undefined ? {} : { failure: reason }) };
    const sources = record.ended().slice(noted);
    noted += sources.length;
    return sources.map((source) => recordOfSource(source, of));
  };
  return {
    flush: () => note(take()),
    ended: async (result) => {
      // The run notes many hosts in one step, from their results. A cancelled host has none to give, and its run may be gone.
      const reachesRun = parent !== undefined && !isCancelled();
      const isWhole = result.sources === record.ended();
      if (!reachesRun || !isWhole) await note([...take(), recordOfHost(result, { workflowId, runId })]);
    },
  };
}
