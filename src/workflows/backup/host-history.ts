import { workflowInfo } from '@temporalio/workflow';
import { recordOfHost, recordOfSource } from '../../core/history/ended-records.js';
import type { SourceRecord } from '../../core/history/records.js';
import { openHistory } from '../history/note-ended.js';
import type { HostBackupInput, HostBackupResult } from '../messages.js';
import type { HostRecord } from './host-record.js';

/** What a hostBackup leaves in history; nothing in a dry run. */
export interface HostHistory {
  /** Notes the sources that have ended. To be called before anything that may take long. */
  flush(): Promise<void>;
  /** Notes the host, and with it the sources that are left. */
  ended(result: HostBackupResult): Promise<void>;
}

/** To be called at the Workflow's very beginning. */
export function openHostHistory(
  {
    configPath,
    host,
    options,
    keepsHistory,
  }: Pick<HostBackupInput, 'configPath' | 'host' | 'options' | 'keepsHistory'>,
  record: HostRecord,
): HostHistory {
  if (options.dryRun) return { flush: async () => undefined, ended: async () => undefined };
  const note = openHistory(configPath, keepsHistory === true);
  const { workflowId, runId } = workflowInfo();
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
    ended: (result) => note([...take(), recordOfHost(result, { workflowId, runId })]),
  };
}
