/** Workflows on the catalog. See messages.ts. */
import type { ListRunsInput, ListRunsResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { Selection } from '../../core/plan.js';

export interface RebuildCatalogInput {
  readonly configPath: string;
  /** Sources that are not selected stay as they are. */
  readonly selection: Selection;
}
export interface RebuildCatalogResult {
  readonly hosts: number;
  readonly sources: number;
  readonly backups: number;
  /** Sources that are no longer in the configuration. */
  readonly forgotten: number;
  /** At most 100. */
  readonly failures: readonly Failure[];
}
export type ListRunsWorkflowInput = ListRunsInput;
export type ListRunsWorkflowResult = ListRunsResult;
