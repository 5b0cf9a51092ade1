import type { SourceHealth } from '../history/fleet-state.js';
import type { DestinationRecord, HostRecord, SizeRecord, SourceRecord } from '../history/records.js';
import { addDays, sumDays, type DaySums } from './day-sums.js';
import { addDestinations, destinationDays, type DestinationDays } from './destination-days.js';
import { failuresIn, FAILURES_AT_MOST, newestFirst, type FailureReport } from './failures.js';
import { sourceReport, type SourceReport } from './source-report.js';
import { sourceSizes } from './source-sizes.js';
import type { ReportWindow } from './window.js';

/**
 * A report of some sources. Parts of different sources are joined in any order, and give what a report of all of them at once gives: so a large
 * fleet is told page by page.
 */
export interface ReportPart {
  readonly sources: readonly SourceReport[];
  /** One for each day of the window. */
  readonly days: readonly DaySums[];
  /** Newest first, at most `FAILURES_AT_MOST`. */
  readonly failures: readonly FailureReport[];
  readonly failuresTotal: number;
  /** By name. */
  readonly destinations: readonly DestinationDays[];
}

/** What history has of some sources within the window, in any order. */
export interface PartRecords {
  readonly sources: readonly SourceHealth[];
  readonly ended?: readonly SourceRecord[];
  /** Of their hosts. */
  readonly hosts?: readonly HostRecord[];
  /** Another part, with other sources of the same host, tells what befell it. */
  readonly hostsAreTold?: boolean;
  readonly sizes?: readonly SizeRecord[];
  /** Of a fleet's disks; they stand in one part only. */
  readonly disks?: readonly DestinationRecord[];
}

/** Records of other sources than these count nowhere: they are no longer configured. */
export function partOf(records: PartRecords, window: ReportWindow): ReportPart {
  const { sources, hosts = [], hostsAreTold = false, disks = [] } = records;
  const ended = bySource(records.ended ?? []);
  const sizes = bySource(records.sizes ?? []);
  const all = sources.map((health) => {
    const of = sourceKey(health);
    const own = ended.get(of) ?? [];
    const { figures, lines } = sourceSizes([...health.sizes, ...(sizes.get(of) ?? [])], window);
    return { report: { ...sourceReport(health, own, window), ...figures }, own, lines };
  });
  const configured = all.flatMap(({ own }) => own);
  const failures = failuresIn([...configured, ...hosts], window).filter(
    ({ source }) => source !== undefined || !hostsAreTold,
  );
  return {
    sources: all.map(({ report }) => report),
    days: sumDays(configured, window),
    failures: failures.slice(0, FAILURES_AT_MOST),
    failuresTotal: failures.length,
    destinations: destinationDays({ ended: configured, lines: all.flatMap(({ lines }) => lines), disks }, window),
  };
}

export function joinParts(one: ReportPart, other: ReportPart): ReportPart {
  return {
    sources: [...one.sources, ...other.sources],
    days: addDays(one.days, other.days),
    failures: [...one.failures, ...other.failures].sort(newestFirst).slice(0, FAILURES_AT_MOST),
    failuresTotal: one.failuresTotal + other.failuresTotal,
    destinations: addDestinations(one.destinations, other.destinations),
  };
}

const sourceKey = ({ host, source }: { readonly host: string; readonly source: string }): string =>
  JSON.stringify([host, source]);

function bySource<Item extends { readonly host: string; readonly source: string }>(
  items: readonly Item[],
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = sourceKey(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
