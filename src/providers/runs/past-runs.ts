import { HoldfastError } from '../../core/failures.js';
import type { HistoryRecord } from '../../core/history/records.js';

export interface PastRunsQuery {
  /** Runs of this configuration. */
  readonly configPath: string;
  /** That ended since; milliseconds since 1970. */
  readonly sinceMs: number;
  /** Of the page before; absent: the first page. */
  readonly after?: string;
}

export interface PastRunsPage {
  /** What the runs' own results say of them, as it would have been noted when they ended. */
  readonly records: readonly HistoryRecord[];
  /** Absent: it was the last page. */
  readonly next?: string;
}

/** Runs that are over, as whoever ran them still knows them. */
export interface PastRuns {
  /** Some of them, newest first; dry runs are left out. Throws TemporalUnreachable. */
  page(query: PastRunsQuery): Promise<PastRunsPage>;
}

/** For work that no server knows of. */
export const NO_PAST_RUNS: PastRuns = {
  page: async () => {
    throw new HoldfastError('TemporalUnreachable', 'No Temporal server is asked here.');
  },
};
