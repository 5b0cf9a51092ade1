/** The Activity of `holdfast hosts verify`: types only. */
import type { HostCheck } from '../../core/hosts/checks.js';
import type { HostPlan } from '../../core/plan.js';

export interface VerifyHostInput {
  readonly host: HostPlan;
}

export interface VerifyHostResult {
  /** `USER@HOSTNAME:PORT` as ssh takes it; '' when ssh does not take the settings. */
  readonly address: string;
  readonly checks: readonly HostCheck[];
  readonly durationMs: number;
}

export interface HostActivities {
  /** Looks at all that a backup of this host will need, and changes nothing. What is wrong with the host is its result, not a failure. */
  verifyHost(input: VerifyHostInput): Promise<VerifyHostResult>;
}
