import type { RunHookResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { HookEvent, HookPlan } from '../../core/hooks/hooks.js';

/** How a hook ended: with a result, or with a failure. */
export interface HookOutcome {
  readonly on: HookEvent;
  /** The script's name, or the program. */
  readonly name: string;
  readonly where: HookPlan['where'];
  readonly onFailure: HookPlan['onFailure'];
  readonly result?: RunHookResult;
  readonly failure?: Failure;
}

/** What a run carries of its hooks from one execution to the next. */
export interface RunHooksState {
  readonly plans: readonly HookPlan[];
  readonly outcomes: readonly HookOutcome[];
  readonly notes: readonly string[];
}
