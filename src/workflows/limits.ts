import { ApplicationFailure } from '@temporalio/common';
import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { RunLimit } from '../core/plan.js';
import { limitsQuery, setLimitsUpdate, type LimitsInForce, type SetLimits } from './messages.js';

/** The limits of a running run: answers the query `limits` and takes the update `setLimits`. */
export interface Limits {
  /** Undefined: what the configuration says. */
  readonly bandwidth: () => RunLimit | undefined;
  /** Takes over what another run was told. */
  readonly follow: (limits: LimitsInForce) => void;
}

/**
 * @param onChange called with the new limits, before the update answers
 */
export function openLimits(
  initial: LimitsInForce,
  takes: { readonly parallelHosts: boolean },
  onChange: (limits: LimitsInForce) => Promise<void> = async () => undefined,
): Limits {
  let now = initial;
  const set = async (asked: SetLimits): Promise<LimitsInForce> => {
    now = changed(now, asked);
    await onChange(now);
    return now;
  };
  setHandler(limitsQuery, () => now);
  setHandler(setLimitsUpdate, set, { validator: (asked: SetLimits) => refuse(asked, takes.parallelHosts) });
  return {
    bandwidth: () => now.limit,
    follow: (limits) => {
      now = limits;
    },
  };
}

function changed({ limit, parallelHosts }: LimitsInForce, asked: SetLimits): LimitsInForce {
  const { bandwidthLimitBytesPerSecond: rate } = asked;
  const sharedBy = workflowInfo().workflowId;
  const next =
    rate === undefined
      ? limit
      : rate === 'configured'
        ? undefined
        : { bytesPerSecond: rate === 'none' ? null : rate, sharedBy };
  const hosts = asked.parallelHosts ?? parallelHosts;
  return { ...(next === undefined ? {} : { limit: next }), ...(hosts === undefined ? {} : { parallelHosts: hosts }) };
}

const LEAST_BYTES_PER_SECOND = 10 * 1024;

function refuse({ bandwidthLimitBytesPerSecond: rate, parallelHosts }: SetLimits, takesParallelHosts: boolean): void {
  if (rate === undefined && parallelHosts === undefined) throw refused('Say what is to be limited.');
  if (typeof rate === 'number' && !(Number.isSafeInteger(rate) && rate >= LEAST_BYTES_PER_SECOND))
    throw refused(
      `${rate} bytes per second is no limit that a run can work with: give ${LEAST_BYTES_PER_SECOND} or more.`,
    );
  if (parallelHosts === undefined) return;
  if (!takesParallelHosts) throw refused('This run is of one host: it has no number of hosts at a time.');
  if (!(Number.isInteger(parallelHosts) && parallelHosts >= 1 && parallelHosts <= 500))
    throw refused(`${parallelHosts} hosts at a time is not possible: give 1 to 500.`);
}

const refused = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'LimitRefused', message, nonRetryable: true });
