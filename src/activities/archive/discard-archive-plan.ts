import { MANIFEST_NAME } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { DiscardArchivePlanInput } from '../contract.js';
import { removeAll } from './sweep.js';
import { withStorage } from './with-storage.js';

/** Removes what an unfinished backup left. A backup that has its manifest loses nothing but the plan. */
export async function discardArchivePlan(
  providers: Providers,
  _control: ActivityControl,
  { source, plan }: DiscardArchivePlanInput,
): Promise<void> {
  if (plan.planPrefix === '') return;
  const backup = plan.planPrefix.replace(/[^/]+\/$/, '');
  await withStorage(providers, source.destination, async (storage) => {
    const committed = (await storage.size(backup + MANIFEST_NAME)) !== undefined;
    await removeAll(storage, committed ? plan.planPrefix : backup, () => true);
  });
}
