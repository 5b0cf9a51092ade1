import { resultOf } from '../../src/client/runs/workflow-results.js';
import { HoldfastError } from '../../src/core/failures.js';
import type { RunHookInput } from '../../src/activities/contract.js';
import { hookName, type HookEvent } from '../../src/core/hooks/hooks.js';
import type { HostPlan } from '../../src/core/plan.js';
import { recordActivities, type Overrides, type RecordedActivities } from './recorded-activities.js';
import type { TemporalForTests } from './temporal.js';

export const configPath = '/etc/holdfast/config.yaml';
export const selection = { hosts: [], sources: [], tags: [] };
export const options = { dryRun: false, full: false, approve: false };

export interface HookedRun<Result> extends RecordedActivities {
  readonly result: Result;
  readonly state: string;
  /** Of the run: more than one when it continued as new. */
  readonly executions: number;
  /** The hooks that ran, and the steps that tell where they stand. */
  readonly hooks: string[];
}

/** What to run, and how. */
export interface HookedWorkflow {
  readonly type: string;
  readonly input: unknown;
  readonly hosts: readonly HostPlan[];
  readonly overrides?: Overrides;
  /** Cancels it when this resolves. */
  readonly cancelWhen?: ((recorded: RecordedActivities) => Promise<void>) | undefined;
}

/** Runs a Workflow to its end. */
export async function runHooked<Result>(
  temporal: TemporalForTests,
  { type, input, hosts, overrides = {}, cancelWhen }: HookedWorkflow,
): Promise<HookedRun<Result>> {
  const recorded = recordActivities(hosts, overrides);
  return temporal.withWorker(
    recorded.activities,
    async ({ start }) => {
      const handle = await start(type, input);
      if (cancelWhen !== undefined) {
        await cancelWhen(recorded);
        await handle.cancel();
      }
      const result = await resultOf<Result>(handle);
      const steps = recorded.steps();
      const hooks = steps
        .filter((step) => /^(runHook|runScript|probeHost|syncMirror|finishRestore|planRestore|recordRun)/.test(step))
        .map((step) => step.replace(/^runHook /, '').replace(/ web1\S*|^web1\S* /, ''));
      const state = (await handle.describe()).status.name;
      return { ...recorded, result, state, hooks, executions: await executionsOf(temporal, handle.workflowId) };
    },
    // Restores name the common queue themselves.
    type === 'restore' ? { taskQueue: 'holdfast' } : {},
  );
}

async function executionsOf({ environment }: TemporalForTests, workflowId: string): Promise<number> {
  let count = 1;
  let { runId } = await environment.client.workflow.getHandle(workflowId).describe();
  for (;;) {
    const { events } = await environment.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const earlier = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (typeof earlier !== 'string' || earlier === '') return count;
    runId = earlier;
    count += 1;
  }
}

/** Fails the hooks of these names at these events; the others do nothing. */
export const failing =
  (...which: string[]): NonNullable<Overrides['runHook']> =>
  async ({ hook }) => {
    const name = `${hook.on} ${hookName(hook)}`;
    if (which.includes(name)) throw new HoldfastError('HookFailed', `${name} ended with status 3: no`);
    return { durationMs: 1, output: 'done\n' };
  };

/** What the hooks of one event were told. */
export const toldAt = (recorded: RecordedActivities, on: HookEvent): RunHookInput['environment'][] =>
  recorded.of('runHook').flatMap(({ hook, environment }) => (hook.on === on ? [environment] : []));
