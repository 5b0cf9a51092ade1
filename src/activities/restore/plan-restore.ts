import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanRestoreInput, RestorePlan } from '../contract.js';
import { planArchiveRestore } from './plan-archive-restore.js';
import { planMirrorRestore } from './plan-mirror-restore.js';
import { resolveRequest } from './restore-request.js';
import { createSpool, removeSpool } from './restore-spool.js';

/**
 * Finds the point, compares it with the target and says what a restore would do; nothing but the lists in this machine's spool is
 * written, and in a dry run not even those stay.
 */
export async function planRestore(
  providers: Providers,
  control: ActivityControl,
  input: PlanRestoreInput,
): Promise<RestorePlan> {
  const { request, run } = input;
  const requested = await resolveRequest(providers, control, request);
  const spool = await createSpool(providers, control, run);
  let keep = false;
  try {
    const plan =
      requested.source.engine === 'archive'
        ? await planArchiveRestore(providers, control, input, requested, spool)
        : await planMirrorRestore(providers, control, input, requested, spool);
    keep = !request.dryRun;
    return keep ? plan : { ...plan, spool: '' };
  } finally {
    if (!keep) await removeSpool(spool);
  }
}
