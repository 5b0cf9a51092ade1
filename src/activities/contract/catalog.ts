/** Activities on the catalog: types only. It is a cache: writing it never fails a run. */
import type { CatalogRun } from '../../core/catalog-records.js';
import type { Failure } from '../../core/failures.js';
import type { Selection } from '../../core/plan.js';

export interface RecordRunInput {
  readonly configPath: string;
  readonly run: CatalogRun;
}
export interface CatalogHostInput {
  readonly configPath: string;
  readonly host: string;
  readonly selection: Selection;
}
export interface CatalogHostResult {
  readonly sources: number;
  readonly backups: number;
  /** What could not be read: of those sources the catalog keeps what it had. */
  readonly failures: readonly Failure[];
}
export interface ForgetCatalogedInput {
  readonly configPath: string;
  /** ISO 8601, UTC: sources that were not read since are no longer in the configuration. */
  readonly before: string;
}
export interface ForgetCatalogedResult {
  readonly forgotten: number;
}
export interface ListRunsInput {
  readonly configPath: string;
  readonly limit: number;
  readonly host?: string;
}
export interface ListRunsResult {
  /** Newest first. */
  readonly runs: readonly CatalogRun[];
}

export interface CatalogActivities {
  recordRun(input: RecordRunInput): Promise<void>;
  /** Reads all that the destinations have of one host into the catalog. Throws CatalogUnavailable. */
  catalogHost(input: CatalogHostInput): Promise<CatalogHostResult>;
  forgetCataloged(input: ForgetCatalogedInput): Promise<ForgetCatalogedResult>;
  listRuns(input: ListRunsInput): Promise<ListRunsResult>;
}
