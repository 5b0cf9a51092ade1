import type { ProbeHostResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { local, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { HostRecord } from './host-record.js';
import type { HostBackupInput } from '../messages.js';
import { lookUntilItAnswers } from './wait-for-host.js';

/** A host that can be backed up: what the configuration says of it, and what was seen there. */
export interface HostFound {
  readonly host: HostPlan;
  readonly probe: ProbeHostResult;
}

/**
 * The first two steps of a host's backup: read what the configuration says, and look at the host, which may be waited for.
 * Between them comes `beforeLook`: hooks that may wake it. Undefined when there is no going on: the record then says why.
 */
export async function lookAtHost(
  { configPath, host: name, selection }: Pick<HostBackupInput, 'configPath' | 'host' | 'selection'>,
  record: HostRecord,
  beforeLook: (host: HostPlan) => Promise<Failure | undefined> = async () => undefined,
): Promise<HostFound | undefined> {
  try {
    const host = await step(`read what the configuration says of ${name}`, local.loadHost, {
      configPath,
      host: name,
      selection,
    });
    record.expect(host.sources);
    const obstacle = await beforeLook(host);
    if (obstacle !== undefined) {
      record.stop(obstacle);
      return undefined;
    }
    const probe = await lookUntilItAnswers(host, record);
    record.seen(probe);
    return { host, probe };
  } catch (error) {
    record.stop(failureOfActivity(error, { host: name }));
    return undefined;
  }
}
