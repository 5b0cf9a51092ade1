import type { HistoryRecord } from '../../core/history/records.js';
import { noting, step } from '../activity-profiles.js';
import { always } from '../scopes.js';

/** Adds to history what has ended. Also in a run that is cancelled; never throws; without records it makes no step. */
export type NoteEnded = (records: readonly HistoryRecord[]) => Promise<void>;

/** History is a copy: nothing of it changes how a run ends. */
export function openHistory(configPath: string): NoteEnded {
  return async (records) => {
    if (records.length === 0) return;
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
