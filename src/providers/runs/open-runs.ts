/** What goes on besides this step, asked of whoever runs it all. No answer is never an answer of no. */
export interface OpenRuns {
  /**
   * Whether a run is going on; undefined when nobody could say.
   *
   * @param runId undefined: any run of this Workflow ID
   */
  isOpen(run: { readonly workflowId: string; readonly runId?: string }): Promise<boolean | undefined>;
  /** Which sources restores and drills are reading; undefined when nobody could say. Without a host: any. */
  restoring(): Promise<readonly RestoringSource[] | undefined>;
}

export interface RestoringSource {
  readonly host?: string;
  readonly source?: string;
}

/** For work that no server knows of. */
export const UNKNOWN_RUNS: OpenRuns = {
  isOpen: async () => undefined,
  restoring: async () => undefined,
};
