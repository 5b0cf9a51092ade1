import { patched } from '@temporalio/workflow';
import type { HistoryRecord } from '../../core/history/records.js';
import { noting, step } from '../activity-profiles.js';
import { always } from '../scopes.js';

/** Adds to history what has ended. Also in a run that is cancelled; never throws; without records it makes no step. */
export type NoteEnded = (records: readonly HistoryRecord[]) => Promise<void>;

/**
 * To be called at a Workflow's very beginning: one that began before there was a history must not begin to keep it half-way.
 * History is a copy: nothing of it changes how a run ends.
 *
 * @param isKept said by whoever started the Workflow, where a marker in each of thousands of histories would cost too much
 */
export function openHistory(configPath: string, isKept = patched('history')): NoteEnded {
  return async (records) => {
    if (!isKept || records.length === 0) return;
    try {
      await always(() => step(summaryOf(records), noting.noteEnded, { configPath, records }));
    } catch {
      // Said by the step itself.
    }
  };
}

const summaryOf = (records: readonly HistoryRecord[]): string =>
  `note in history: ${[...new Set(records.map(placeOf))].join(', ')}`;

function placeOf(record: HistoryRecord): string {
  if (!('host' in record)) return record.kind;
  return 'source' in record ? `${record.host}:${record.source}` : record.host;
}
