import type { DestinationPlan, HostPlan } from './plan.js';

/** The limit for a program that moves data by itself: a run's own, else the lower one of host and destination. */
export function bandwidthOf(
  host: Pick<HostPlan, 'bandwidthLimitBytesPerSecond' | 'runLimit'> | undefined,
  destination: Pick<DestinationPlan, 'bandwidthLimitBytesPerSecond'>,
): number | undefined {
  if (host?.runLimit !== undefined) return host.runLimit.bytesPerSecond ?? undefined;
  const limits = [host?.bandwidthLimitBytesPerSecond, destination.bandwidthLimitBytesPerSecond].filter(
    (limit) => limit !== undefined,
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** rsync's unit is 1024 bytes; 0 would mean no limit. */
export const rsyncBandwidthWords = (bytesPerSecond: number | undefined): string[] =>
  bytesPerSecond === undefined ? [] : [`--bwlimit=${Math.max(1, Math.round(bytesPerSecond / 1024))}`];
