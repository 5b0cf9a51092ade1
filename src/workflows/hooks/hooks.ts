import { hookEnvironment, type HookFacts } from '../../core/hooks/environment.js';
import type { Failure } from '../../core/failures.js';
import {
  hookName,
  hooksAt,
  takesStatus,
  withFailedHooks,
  type FailedHook,
  type HookEvent,
  type HookPlan,
} from '../../core/hooks/hooks.js';
import type { HostPlan } from '../../core/plan.js';
import type { Status } from '../../core/statuses.js';
import { patient, standard, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { fittedOutcomes } from './hook-outcomes.js';
import type { HookOutcome } from '../messages/hooks.js';
import { always } from '../scopes.js';

/** A hook ends itself at its own limit and says so; this is for a worker that cannot. */
const HOOK_GRACE_MS = 60_000;
const NOTE_CHARACTERS = 300;

/** What hooks are run for: a run, a host, a source or a restore. */
export interface HookScope {
  /** Its hooks, from the outside in. */
  readonly hooks: readonly HookPlan[];
  /** The host of those with `where: host`, without its sources; or why there is none to run them on. */
  readonly machine: () => HostPlan | string;
  readonly facts: Omit<HookFacts, 'status' | 'failure'>;
  readonly dryRun: boolean;
  /** Called before each. */
  readonly tell?: () => void;
}

/** What every result says that hooks may change. */
export interface Hooked {
  readonly status: Status;
  readonly failure?: Failure;
  readonly notes: readonly string[];
  readonly hooks?: readonly HookOutcome[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** `after_*` of what a scope is for. */
export type LastEvent = 'after_run' | 'after_host' | 'after_source' | 'after_restore';

/** What is known of what hooks stand after. */
export interface HookEnding {
  readonly status: Status;
  readonly failure?: Failure | undefined;
  readonly backupId?: string | undefined;
}

/** The hooks of one run, host, source or restore. Without any, nothing here makes a command. */
export class Hooks {
  readonly outcomes: HookOutcome[];
  readonly notes: string[];

  constructor(
    private readonly scope: HookScope,
    earlier: { readonly outcomes: readonly HookOutcome[]; readonly notes: readonly string[] } = {
      outcomes: [],
      notes: [],
    },
  ) {
    this.outcomes = [...earlier.outcomes];
    this.notes = [...earlier.notes];
  }

  has(...events: readonly HookEvent[]): boolean {
    return !this.scope.dryRun && this.scope.hooks.some(({ on }) => events.includes(on));
  }

  /** Runs those before something. The failure of one with `fail`, or a cancellation: then it is not to be begun. */
  async before(event: HookEvent, where?: HookPlan['where']): Promise<Failure | undefined> {
    if (!this.has(event)) return undefined;
    for (const hook of hooksAt(this.scope.hooks, event)) {
      if (where !== undefined && hook.where !== where) continue;
      const failure = await this.run(hook, {});
      if (failure !== undefined && (hook.onFailure === 'fail' || failure.type === 'Cancelled')) return failure;
    }
    return undefined;
  }

  /** Runs those after something, whatever happened, also after a cancellation. */
  async after(event: HookEvent, ending: HookEnding): Promise<void> {
    await this.each(event, () => ending);
  }

  /**
   * The last part: `last` (undefined: it was not even begun), then `on_error` if it failed; gives the result as it is after all hooks.
   */
  async ended<Result extends Hooked>(
    last: LastEvent | undefined,
    result: Result,
    { backupId }: Pick<HookFacts, 'backupId'> = {},
  ): Promise<Result> {
    if (this.scope.hooks.length === 0) return result;
    if (this.scope.dryRun) return { ...result, notes: [...result.notes, this.leftOut()] };
    const now = (): Result => withFailedHooks(result, this.failed());
    const ending = (): HookEnding => {
      const { status, failure } = now();
      return { status, failure, backupId };
    };
    if (last !== undefined) await this.each(last, ending);
    if (now().status === 'failed') await this.each('on_error', ending);
    return {
      ...now(),
      notes: [...result.notes, ...this.notes],
      ...(this.outcomes.length === 0 ? {} : { hooks: fittedOutcomes(this.outcomes) }),
      durationMs: Date.now() - result.startedAtMs,
    };
  }

  private async each(event: HookEvent, ending: () => HookEnding): Promise<void> {
    if (!this.has(event)) return;
    await always(async () => {
      for (const hook of hooksAt(this.scope.hooks, event))
        if (takesStatus(hook, ending().status)) await this.run(hook, ending());
    });
  }

  private async run(hook: HookPlan, news: Partial<HookEnding>): Promise<Failure | undefined> {
    const { scope } = this;
    const machine = hook.where === 'host' ? scope.machine() : undefined;
    const name = `${hook.on} hook ${hookName(hook)}`;
    if (typeof machine === 'string') {
      this.notes.push(`The ${name} did not run: ${machine}.`);
      return undefined;
    }
    scope.tell?.();
    const { failure, ...outcome } = await this.attempt(hook, machine, news);
    this.outcomes.push(failure === undefined ? outcome : { ...outcome, failure });
    if (failure !== undefined && failure.type !== 'Cancelled' && hook.onFailure !== 'fail')
      this.notes.push(
        `The ${name} failed (${failure.type}, on_failure: ${hook.onFailure}): ${failure.message.slice(0, NOTE_CHARACTERS)}`,
      );
    return failure;
  }

  private async attempt(
    hook: HookPlan,
    machine: HostPlan | undefined,
    news: Partial<HookEnding>,
  ): Promise<HookOutcome> {
    const { facts } = this.scope;
    const place = {
      ...(facts.host === undefined ? {} : { host: facts.host }),
      ...(facts.source === undefined ? {} : { source: facts.source }),
    };
    const name = hookName(hook);
    const outcome = { on: hook.on, name, where: hook.where, onFailure: hook.onFailure };
    const { runHook } = hook.on.startsWith('before_') ? standard : patient;
    const subject = facts.source ?? facts.host ?? facts.plan ?? 'the run';
    const environment = hookEnvironment(hook.on, { ...facts, ...news });
    const input = { hook, ...(machine === undefined ? {} : { machine }), ...place, environment };
    const timing = { startToCloseTimeout: hook.timeoutMs + HOOK_GRACE_MS };
    try {
      return { ...outcome, result: await step(`${subject}: ${hook.on} hook ${name}`, runHook, input, timing) };
    } catch (error) {
      return { ...outcome, failure: failureOfActivity(error, place) };
    }
  }

  private failed(): FailedHook[] {
    return this.outcomes.flatMap(({ on, onFailure, failure }) =>
      failure === undefined ? [] : [{ on, onFailure, failure }],
    );
  }

  private leftOut(): string {
    const names = [...new Set(this.scope.hooks.map((hook) => `${hook.on} ${hookName(hook)}`))];
    return `A dry run runs no hooks: ${names.join(', ')} left out.`;
  }
}
