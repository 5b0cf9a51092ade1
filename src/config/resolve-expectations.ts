import type { HostPlan, SourcePlan } from '../core/plan.js';
import { longestGapMs } from './schedule-gap.js';
import type { SchedulePlan } from './schedule-plan.js';
import { takesSource } from './selection.js';

/** How often a backup of a source is expected. It stands beside the plans, which travel with each step of a run. */
export interface SourceExpectation {
  readonly host: string;
  readonly source: string;
  readonly everyMs: number;
}

/** What `expect_every` says at a source, its host or `config`. */
export interface GivenExpectation {
  readonly host: string;
  readonly source: string;
  readonly everyMs: number | 'never';
}

/** Sources of which neither `expect_every` nor a schedule says anything are left out. */
export function resolveExpectations(
  hosts: readonly HostPlan[],
  schedules: readonly SchedulePlan[],
  given: readonly GivenExpectation[],
): SourceExpectation[] {
  const said = new Map(given.map(({ host, source, everyMs }) => [keyOf(host, source), everyMs]));
  const backups = schedules
    .filter(({ action, paused }) => action === 'backup' && !paused)
    .map((schedule) => ({ schedule, gapMs: longestGapMs(schedule) ?? Number.POSITIVE_INFINITY }));
  const byScheduleMs = (host: HostPlan, source: SourcePlan): number =>
    Math.min(
      ...backups
        .filter(({ schedule: { selection } }) => takesSource(selection, host, source))
        .map(({ gapMs }) => gapMs),
    );
  return hosts.flatMap((host) =>
    host.sources.flatMap((source) => {
      const everyMs = said.get(keyOf(host.name, source.name)) ?? byScheduleMs(host, source);
      return everyMs === 'never' || everyMs === Number.POSITIVE_INFINITY
        ? []
        : [{ host: host.name, source: source.name, everyMs }];
    }),
  );
}

const keyOf = (host: string, source: string): string => JSON.stringify([host, source]);
