import type { Status } from './statuses.js';

/**
 * What the catalog holds: copies of what Temporal and the destinations say, for questions that neither answers (runs beyond Temporal's
 * retention, backups of a destination that is away). It is never the truth, and can be made anew from storage.
 */

/** A run that has ended. */
export interface CatalogRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Workflow Type. */
  readonly type: string;
  readonly status: Status;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** As many as the run's result lists, the worst ones. */
  readonly hosts: readonly { readonly host: string; readonly status: Status }[];
  /** Counts and the like, as the run's result has them. */
  readonly summary: Readonly<Record<string, unknown>>;
}

export interface CatalogSource {
  readonly host: string;
  readonly source: string;
}

/** A backup as a listing shows it; `details` is the listing's whole line. */
export interface CatalogBackup extends CatalogSource {
  readonly id: string;
  readonly startedAt: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a look at one source found. */
export interface CatalogedSource extends CatalogSource {
  /** ISO 8601, UTC: when all of it was read. */
  readonly knownAt: string;
  readonly backups: readonly CatalogBackup[];
  /** The newest good restore drill. */
  readonly proof?: Readonly<Record<string, unknown>>;
}
