import { workflowInfo } from '@temporalio/workflow';
import type { Failure } from '../../core/failures.js';
import type { HookPlan } from '../../core/hooks/hooks.js';
import { fittedOutcomes } from './hook-outcomes.js';
import { Hooks } from './hooks.js';
import type { FleetBackupInput, FleetBackupResult, RunHooksState } from '../messages.js';

/** The hooks at a whole run; they run on the worker. A run that goes on in another execution is the same run to them. */
export interface RunHooks {
  /** `begins`: there are hosts to begin with. A failure: none is to be begun. Does nothing in a run that was begun before. */
  before(found: { readonly plans: readonly HookPlan[]; readonly begins: boolean }): Promise<Failure | undefined>;
  /** What the next execution is given; absent: there are none. */
  state(): { readonly runHooks?: RunHooksState };
  ended(result: FleetBackupResult): Promise<FleetBackupResult>;
}

export function openRunHooks({ plan, options, carried }: FleetBackupInput): RunHooks {
  // The first execution's id: what a run is known by.
  const { workflowId, firstExecutionRunId: runId } = workflowInfo();
  const open = (plans: readonly HookPlan[], earlier?: RunHooksState): Hooks =>
    new Hooks(
      {
        hooks: plans,
        machine: () => 'a run has no host of its own',
        facts: { run: { workflowId, runId }, plan },
        dryRun: options.dryRun,
      },
      earlier,
    );
  let plans = carried?.runHooks?.plans ?? [];
  let hooks = open(plans, carried?.runHooks);
  let begun = carried !== undefined;
  return {
    before: async (found) => {
      if (carried !== undefined) return undefined;
      plans = found.plans;
      begun = found.begins;
      hooks = open(plans);
      return begun ? hooks.before('before_run') : undefined;
    },
    state: () => {
      const { outcomes, notes } = hooks;
      return plans.length === 0 ? {} : { runHooks: { plans, outcomes: fittedOutcomes(outcomes), notes } };
    },
    ended: (result) => hooks.ended(begun ? 'after_run' : undefined, result),
  };
}
