import type { RunLimit } from '../../core/plan.js';

/** What a person has said of a running run, asked of the run itself while something of it is under way. */
export interface RunLimits {
  /**
   * Tells `onChange` the run's limit, now and then; undefined: nobody said anything. Gives the way to stop.
   *
   * @param run the hostBackup
   */
  watch(
    run: { readonly workflowId: string; readonly runId: string },
    onChange: (limit: RunLimit | undefined) => void,
  ): () => void;
}

/** For work that no server knows of. */
export const NO_RUN_LIMITS: RunLimits = { watch: () => () => undefined };
