import { workflowInfo } from '@temporalio/workflow';
import type { Failure } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { conclude } from '../conclude.js';
import type { HostHistory } from '../backup/host-history.js';
import type { HostRecord } from '../backup/host-record.js';
import { Hooks } from './hooks.js';
import type { HostBackupInput, HostBackupResult } from '../messages.js';

/** The hooks at a host. Those on the worker come before the first look at it, and may wake it; those on the host itself after. */
export interface HostHooks {
  /** To be called once the host's plan is known. A failure: the host is not to be begun. */
  readonly beforeLook: (host: HostPlan) => Promise<Failure | undefined>;
  /** To be called once the host has answered. */
  beforeSources(): Promise<Failure | undefined>;
  /** after_host and on_error, a note in history, then the end of the Workflow as `conclude` makes it. */
  conclude(): Promise<HostBackupResult>;
}

export function openHostHooks(
  { host: name, options }: HostBackupInput,
  record: HostRecord,
  history: HostHistory,
): HostHooks {
  const { workflowId, runId } = workflowInfo();
  let machine: HostPlan | string = `${name} was not reached`;
  let host: HostPlan | undefined;
  let hooks: Hooks | undefined;
  return {
    beforeLook: async (plan) => {
      host = plan;
      hooks = new Hooks({
        hooks: plan.hooks ?? [],
        machine: () => machine,
        facts: { run: { workflowId, runId }, host: name },
        dryRun: options.dryRun,
      });
      return hooks.before('before_host', 'worker');
    },
    beforeSources: async () => {
      if (host !== undefined) machine = alone(host);
      return hooks?.before('before_host', 'host');
    },
    conclude: async () => {
      const result = record.result();
      const follows = hooks?.has('after_host', ...(result.status === 'failed' ? (['on_error'] as const) : []));
      if (follows === true) await history.flush();
      const ended = (await hooks?.ended('after_host', result)) ?? result;
      await history.ended(ended);
      return conclude(ended, ended.status === result.status ? record.worstFailure() : undefined);
    },
  };
}

function alone({ hooks: _hooks, ...host }: HostPlan): HostPlan {
  return { ...host, sources: [] };
}
