import type { Selection } from '../core/plan.js';

export type ScheduleTimes =
  | { readonly cron: readonly string[]; readonly timezone: string }
  | { readonly everyMs: number; readonly offsetMs: number };

/** What happens when the run before is still going on. */
export type ScheduleOverlap = 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'allow_all';

/** What a schedule does. */
export type ScheduleAction = 'backup' | 'prune' | 'verify' | 'drill' | 'sizes';

/** A schedule after defaults. */
export interface SchedulePlan {
  readonly name: string;
  readonly action: ScheduleAction;
  readonly times: ScheduleTimes;
  readonly selection: Selection;
  readonly full: boolean;
  /** Of a verification: share of the content that is read back. */
  readonly readPercent: number;
  readonly jitterMs: number;
  readonly catchupWindowMs: number;
  readonly overlap: ScheduleOverlap;
  /** Of a new schedule; a person may pause and resume it later. */
  readonly paused: boolean;
  readonly note?: string;
}
