import { workflowInfo } from '@temporalio/workflow';
import type { RestoreHooks, RestorePlan } from '../../activities/contract.js';
import { endAs } from '../conclude.js';
import { Hooks } from './hooks.js';
import type { RestoreInput, RestoreResult } from '../messages.js';
import type { RestoreRecord } from '../restore/restore-record.js';

/** The hooks at a restore. Those on a host run on the host that is restored to. */
export interface HooksOfRestore {
  /** Plans the restore; its before_restore hooks come first. Throws what `plan` throws, and the failure of a hook with `on_failure: fail`. */
  plan(plan: (hooksFirst: boolean) => Promise<RestorePlan | RestoreHooks>): Promise<RestorePlan>;
  ended(result: RestoreResult): Promise<RestoreResult>;
}

export function openRestoreHooks({ request, withoutHooks }: RestoreInput, record: RestoreRecord): HooksOfRestore {
  const { workflowId, runId } = workflowInfo();
  let hooks: Hooks | undefined;
  const open = ({ hooks: plans, machine, targetPath, inPlace, ...source }: RestoreHooks): Hooks =>
    new Hooks({
      hooks: plans,
      machine: () => machine ?? 'the restore writes to no host',
      facts: {
        run: { workflowId, runId },
        host: request.host,
        source: request.source,
        path: source.path,
        engine: source.engine,
        destination: source.destination,
        target: { ...(machine === undefined ? {} : { host: machine.name }), path: targetPath, inPlace },
      },
      dryRun: request.dryRun,
      tell: () => record.tell('hooks'),
    });
  return {
    plan: async (plan) => {
      const first = await plan(withoutHooks !== true);
      if (!areHooks(first)) return first;
      hooks = open(first);
      const obstacle = await hooks.before('before_restore');
      if (obstacle !== undefined) throw endAs(obstacle);
      record.tell('planning');
      const second = await plan(false);
      if (!areHooks(second)) return second;
      throw endAs({ type: 'InternalError', message: 'The restore was not planned after its hooks.', action: '' });
    },
    ended: async (result) => {
      const { plan } = result;
      return (await hooks?.ended('after_restore', result, { backupId: plan?.backupId })) ?? result;
    },
  };
}

const areHooks = (planned: RestorePlan | RestoreHooks): planned is RestoreHooks => 'kind' in planned;
