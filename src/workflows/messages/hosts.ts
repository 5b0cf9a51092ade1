/** What goes into `verifyHosts` and what comes out. */
import type { HostCheck, VerifiedStatus } from '../../core/hosts/checks.js';
import type { Selection } from '../../core/plan.js';

export interface VerifyHostsInput {
  /** Absolute path of the configuration file on the workers. */
  readonly configPath: string;
  readonly selection: Selection;
  readonly parallelHosts: number;
  /** The `next` of the page before. */
  readonly after?: number;
}

export interface VerifiedHost {
  readonly host: string;
  /** `USER@HOSTNAME:PORT`; '' when ssh does not take the settings. */
  readonly address: string;
  readonly status: VerifiedStatus;
  readonly checks: readonly HostCheck[];
  /** Checks that the answer has no room for. */
  readonly left: number;
  readonly durationMs: number;
}

export interface VerifyHostsResult {
  readonly hosts: readonly VerifiedHost[];
  readonly notes: readonly string[];
  /** There are more hosts: the next page's `after`. */
  readonly next?: number;
}
