import type { ActivityControl, Providers } from '../activity-control.js';
import type { DrillStepInput } from '../contract.js';
import { removeScratch } from './drill-files.js';

/** Removes a drill's scratch directory with everything that was restored into it. */
export const discardDrill = (providers: Providers, control: ActivityControl, { plan }: DrillStepInput): Promise<void> =>
  removeScratch(providers, control, plan.scratch);
