import type { HookPlan } from '../../core/hooks/hooks.js';
import type { HostPlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanRestoreInput, RestoreHooks, RestorePlan } from '../contract.js';
import { planRestore } from './plan-restore.js';
import { resolveRequest } from './restore-request.js';

/**
 * Plans a restore. Where hooks stand at it and have not run yet, it names them instead, before it looks at anything: they may mount the target,
 * or stop what writes there.
 */
export async function planWithHooksFirst(
  providers: Providers,
  control: ActivityControl,
  input: PlanRestoreInput,
): Promise<RestorePlan | RestoreHooks> {
  const hooks = input.hooksFirst === true ? await restoreHooks(providers, control, input) : undefined;
  return hooks ?? planRestore(providers, control, input);
}

async function restoreHooks(
  providers: Providers,
  control: ActivityControl,
  { request }: PlanRestoreInput,
): Promise<RestoreHooks | undefined> {
  const { source, targetHost, targetPath, inPlace } = await resolveRequest(providers, control, request);
  const hooks = (source.hooks ?? []).filter(isOfRestore);
  if (hooks.length === 0) return undefined;
  return {
    kind: 'restore-hooks',
    hooks,
    ...(targetHost === undefined ? {} : { machine: alone(targetHost) }),
    path: source.path,
    engine: source.engine,
    destination: source.destination.name,
    targetPath,
    inPlace,
  };
}

const isOfRestore = ({ on }: HookPlan): boolean => on === 'before_restore' || on === 'after_restore';

/** Without what only its own backups need. */
function alone({ hooks: _hooks, ...host }: HostPlan): HostPlan {
  return { ...host, sources: [] };
}
