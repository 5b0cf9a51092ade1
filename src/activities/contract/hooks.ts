import type { HookPlan } from '../../core/hooks/hooks.js';
import type { HostPlan } from '../../core/plan.js';

export interface RunHookInput {
  readonly hook: HookPlan;
  /** The host that a hook with `where: host` runs on, without its sources. */
  readonly machine?: HostPlan;
  /** What it is run for, for messages. */
  readonly host?: string;
  readonly source?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Of a hook that ended with 0; all others are failures. */
export interface RunHookResult {
  readonly durationMs: number;
  /** The last 4 KiB of its output. */
  readonly output: string;
}

/** The answer to a plan that was asked for before the restore's hooks have run: nothing was looked at yet. */
export interface RestoreHooks {
  readonly kind: 'restore-hooks';
  /** `before_restore` and `after_restore`, from the outside in. */
  readonly hooks: readonly HookPlan[];
  /** The host that is restored to, without its sources; undefined: a directory of a worker's machine. */
  readonly machine?: HostPlan;
  /** The source's own directory. */
  readonly path: string;
  readonly engine: string;
  readonly destination: string;
  /** As asked for, not resolved. */
  readonly targetPath: string;
  readonly inPlace: boolean;
}

export interface HookActivities {
  /**
   * Runs a hook; at least once, so it must bear to be run again. Throws HookNotFound, HookFailed, HookTimedOut (its whole process group is
   * dead then), and what a session with the host throws.
   */
  runHook(input: RunHookInput): Promise<RunHookResult>;
}
